#!/usr/bin/env python3
"""render-rbac.py PROGRAM >deploy/base/rbac.yaml: the rights that `PROGRAM rbac doctor` prints, for the ServiceAccount of the CronJob."""
import subprocess
import sys

HEAD = """# What doctor reads: the rights and reasons that `kubectl kpr rbac doctor` prints, for a ServiceAccount. Made by deploy/render-rbac.py.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: kpr-doctor
"""
text = subprocess.run([sys.argv[1], "rbac", "doctor"], capture_output=True, text=True, check=True).stdout.split("\n", 1)[1]
text = text.replace("kubectl-kpr-doctor", "kpr-doctor").replace(
    "- kind: User\n  name: REPLACE-ME\n  apiGroup: rbac.authorization.k8s.io\n", "- kind: ServiceAccount\n  name: kpr-doctor\n  namespace: kube-system\n")
sys.stdout.write(HEAD + text)
