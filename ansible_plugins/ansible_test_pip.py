"""Puts pip into a virtual environment of ansible-test, in the place of the script that ansible-test would download.

check_collection.py copies it to where ansible-test looks for the downloaded one; the name there says which version is
wanted. Python's own ensurepip brings the first pip, and that fetches the wanted one like any package. Python 2.7 and
later.
"""

import os
import re
import subprocess
import sys

version = re.search(r"get_pip_([0-9_]+)\.py", __file__).group(1).replace("_", ".")
asked = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
environment = {key: value for key, value in os.environ.items() if key != "GET_PIP"}
subprocess.check_call([sys.executable, "-m", "ensurepip"], env=environment)
sys.exit(
    subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", "pip==" + version] + asked, env=environment)
)
