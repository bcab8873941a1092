"""Follows a log group as `aws logs tail --follow` of AWS CLI version 2 does, until it has shown as many
lines as it is told.

Pages of FilterLogEvents are asked for until one has no token; then it begins again at the time of the last event, and
leaves out those of that time which it has shown. The pages are small here, and the pauses short.
"""

import sys
import time

import boto3

group, since, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logs = boto3.client("logs")
request = {"logGroupName": group, "startTime": since, "limit": 7}
shown = set()
deadline = time.monotonic() + 40
while time.monotonic() < deadline:
    answer = logs.filter_log_events(**request)
    for event in answer["events"]:
        if event["eventId"] in shown:
            continue
        shown.add(event["eventId"])
        request["startTime"] = max(request["startTime"], event["timestamp"])
        print(event["logStreamName"], event["message"], flush=True)
    if len(shown) >= wanted and "nextToken" not in answer:
        sys.exit(0)
    if "nextToken" in answer:
        request["nextToken"] = answer["nextToken"]
    else:
        request.pop("nextToken", None)
        time.sleep(0.1)
sys.exit(1)
