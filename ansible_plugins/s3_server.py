#!/usr/bin/env python3
"""Runs a server that speaks S3, for tests: moto, in an environment of its own below .tools/, which is made first.

    python3 ansible_plugins/s3_server.py BUCKET [--checked] [--without-conditions]

says in one line where it listens and which key it gave out, and ends when its standard input does. It makes the bucket.
With --checked it refuses keys that it does not know, signatures that are wrong, and what a policy does not allow; the
line then has a second key, which may only read. With --without-conditions it does not heed If-None-Match and If-Match,
as some stores do not. Needs Python 3.9 or later and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys

import devenv

PLACE = devenv.TOOLS / "venv-s3"
PINS = devenv.REQUIREMENTS / "s3.txt"


def python() -> str:
    """Return the environment's interpreter, which has moto and boto3; made first. Raises EnvironmentMissing."""
    return str(devenv.build(PLACE, [PINS], "moto and boto3") / "python")


def main() -> int:
    """The command line; see the top of this file."""
    try:
        interpreter = python()
    except devenv.EnvironmentMissing as error:
        print("s3_server: %s" % error, file=sys.stderr)
        return 1
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run([interpreter, "-c", SERVER, *sys.argv[1:]], env=clean).returncode


# Runs in the environment.
SERVER = r"""
import json, logging, sys, threading, urllib.request
import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
bucket = sys.argv[1]
backend = DomainDispatcherApplication(create_backend_app)
lock = threading.Lock()

def application(environ, start):
    if "--without-conditions" in sys.argv:
        environ.pop("HTTP_IF_NONE_MATCH", None)
        environ.pop("HTTP_IF_MATCH", None)
    # Between its check of a condition and the put, moto would let others in.
    with lock:
        return [b"".join(backend(environ, start))]

server = make_server("127.0.0.1", 0, application, threaded=True)
port = server.server_port
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = "http://127.0.0.1:%d" % port
keys = dict(region_name="us-east-1", aws_access_key_id="AKIDTEST", aws_secret_access_key="secret-of-the-test")
boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket=bucket)
second = ("-", "-")
if "--checked" in sys.argv:
    iam = boto3.client("iam", endpoint_url=endpoint, **keys)
    def user(name, actions):
        iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]
    first = user("writer", ["s3:*"])
    second = user("reader", ["s3:GetObject", "s3:ListBucket"])
    urllib.request.urlopen(urllib.request.Request(
        endpoint + "/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"}
    )).read()
else:
    first = (keys["aws_access_key_id"], keys["aws_secret_access_key"])
line = "ready endpoint=%s bucket=%s key=%s secret=%s reader=%s reader_secret=%s"
print(line % (endpoint, bucket, *first, *second), flush=True)
while sys.stdin.read(1):
    pass
"""


if __name__ == "__main__":
    sys.exit(main())
