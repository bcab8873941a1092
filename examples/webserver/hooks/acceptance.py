"""Judges a new version of a web server by URLs that people request: a Lambda function for CodeDeploy's
AfterAllowTestTraffic hook, when the new version answers on the test listener only.

Variables:
  BUCKET, FILEPATH      the list, a CSV file in S3; the first column of a line is a path: /shop?page=2
  ENDPOINT              where the new version is reached: host:8080, or with http:// or https://
  ACCEPTANCE_THRESHOLD  the least percentage of requests that must be answered with 200

It may read the object, and call codedeploy:PutLifecycleEventHookExecutionStatus. Handler: acceptance.lambda_handler.
"""

import concurrent.futures
import csv
import io
import logging
import os
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

logger = logging.getLogger()
logger.setLevel(logging.INFO)

REQUESTS_AT_ONCE = 16
REQUEST_TIMEOUT_SECONDS = 10
# Kept for telling CodeDeploy, before Lambda ends the function: a quarter of its time, but no more than this.
MOST_RESERVE_SECONDS = 20
# A call that nobody answers is given up soon, and tried again.
PATIENCE = Config(connect_timeout=2, read_timeout=3, retries={'mode': 'standard', 'total_max_attempts': 4})


def lambda_handler(event, context):
    seconds = context.get_remaining_time_in_millis() / 1000
    reserve = min(MOST_RESERVE_SECONDS, seconds / 4)
    try:
        judging = concurrent.futures.ThreadPoolExecutor(1).submit(is_accepted, time.monotonic() + seconds - reserve)
        passed = judging.result(timeout=seconds - 0.9 * reserve)
    except Exception:
        logger.exception('TEST RESULT: it could not be judged')
        passed = False
    # CodeDeploy waits for an hour for a function that says nothing: whatever happened above, it is told.
    tell(event, passed)
    return {'hookStatus': 'SUCCEEDED' if passed else 'FAILED'}


def tell(event, passed):
    codedeploy = boto3.client('codedeploy', config=PATIENCE)
    try:
        codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=event['DeploymentId'],
            lifecycleEventHookExecutionId=event['LifecycleEventHookExecutionId'],
            status='Succeeded' if passed else 'Failed',
        )
    except codedeploy.exceptions.LifecycleEventAlreadyCompletedException:
        logger.info('CodeDeploy had taken the verdict already, and only its answer was lost')


def is_accepted(deadline):
    threshold = float(os.environ['ACCEPTANCE_THRESHOLD'])
    paths = read_paths(os.environ['BUCKET'], os.environ['FILEPATH'])
    if not paths:
        raise ValueError('there is no path in the list')
    answers = request_all(base_url(os.environ['ENDPOINT']), paths, deadline)
    for path, answer in zip(paths, answers):
        if answer != 200:
            logger.warning('%s: %s', path, answer)
    good = answers.count(200)
    share = 100 * good / len(paths)
    passed = share >= threshold
    word = 'PASSED' if passed else 'NOT PASSED'
    logger.info('TEST RESULT: %s: %d of %d answered 200 (%.2f %%), the threshold is %g %%', word, good, len(paths), share, threshold)
    return passed


def read_paths(bucket, key):
    text = boto3.client('s3', config=PATIENCE).get_object(Bucket=bucket, Key=key)['Body'].read().decode('utf-8-sig')
    return [row[0] for row in csv.reader(io.StringIO(text, newline='')) if row and row[0].startswith('/')]


def base_url(endpoint):
    return (endpoint if '://' in endpoint else 'http://' + endpoint).rstrip('/')


def request_all(url, paths, deadline):
    """The status for each path, or the reason why there is none; what there is no time for has failed."""
    pool = concurrent.futures.ThreadPoolExecutor(REQUESTS_AT_ONCE)
    try:
        requests = [pool.submit(status_of, url + path) for path in paths]
        concurrent.futures.wait(requests, timeout=max(0, deadline - time.monotonic()))
        return [request.result() if request.done() else 'not requested, for time ran out' for request in requests]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=REQUEST_TIMEOUT_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except Exception as error:
        return str(error)
