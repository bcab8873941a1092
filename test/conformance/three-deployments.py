"""Deploys hello:2, hello:1 and hello:2 again, one after another, with boto3 as anyone has it."""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

DEPLOYMENTS = [
    ("hello:2", "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"),
    ("hello:1", "CodeDeployDefault.ECSCanary10Percent5Minutes"),
    ("hello:2", "CodeDeployDefault.ECSAllAtOnce"),
]

# The engine is killed meanwhile; between two engines nobody answers.
config = Config(retries={"total_max_attempts": 2, "mode": "standard"})
ecs = boto3.client("ecs", config=config)
codedeploy = boto3.client("codedeploy", config=config)


def patiently(call, **arguments):
    """A create that was answered by nobody may have happened: reads tell, as they do for people."""
    deadline = time.monotonic() + 80
    while True:
        try:
            return call(**arguments)
        except Exception as error:
            if isinstance(error, (ClientError, WaiterError)) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def running_deployments():
    answer = patiently(
        codedeploy.list_deployments,
        applicationName="hello",
        deploymentGroupName="hello",
        includeOnlyStatuses=["Created", "Queued", "InProgress", "Ready"],
    )
    return answer["deployments"]


def create(task_definition, deployment_config):
    content = json.dumps(
        {
            "version": 0.0,
            "Resources": [
                {
                    "TargetService": {
                        "Type": "AWS::ECS::Service",
                        "Properties": {
                            "TaskDefinition": task_definition,
                            "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8080},
                        },
                    }
                }
            ],
        }
    )
    try:
        answer = patiently(
            codedeploy.create_deployment,
            applicationName="hello",
            deploymentGroupName="hello",
            deploymentConfigName=deployment_config,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        )
        return answer["deploymentId"]
    except codedeploy.exceptions.DeploymentLimitExceededException:
        # The call was performed by an engine that was killed before it could answer.
        return running_deployments()[0]


for image, deployment_config in DEPLOYMENTS:
    with open(sys.argv[1]) as file:
        definition = json.loads(file.read().replace("<IMAGE1_NAME>", image))
    registered = patiently(ecs.register_task_definition, **definition)["taskDefinition"]["taskDefinitionArn"]
    deployment_id = create(registered, deployment_config)
    print(json.dumps({"deploymentId": deployment_id, "image": image}), flush=True)
    while True:
        info = patiently(codedeploy.get_deployment, deploymentId=deployment_id)["deploymentInfo"]
        if "completeTime" in info:
            break
        time.sleep(0.2)
    print(json.dumps({"deploymentId": deployment_id, "status": info["status"]}), flush=True)
    if info["status"] != "Succeeded":
        sys.exit(1)

# The last kill may come when the last deployment is over.
patiently(codedeploy.get_waiter("deployment_successful").wait, deploymentId=deployment_id)
