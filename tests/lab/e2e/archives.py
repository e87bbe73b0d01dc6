"""A live doctor, and the doctor of what `collect` saved of the same cluster, in every packing: one and the same report."""
import os
import tempfile
import time
import zipfile

import lab


def findings(run):
    """The report without the name of its source."""
    report = run.json()
    for key in ("source", "now"):
        report["inspected"].pop(key, None)
    return report


def check(test, *options, logs=False, later=0):
    """Returns the live report. `--now`, so many seconds later, holds both to one moment; everything else has to come out of the archive."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))
    live = lab.kpr("doctor", "-o", "json", "--now", now, *options)
    test.assertIn(live.code, (0, 1, 2), str(live))
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, "a.zip")
        saved = lab.kpr("collect", "-o", archive, *options)
        test.assertIn(saved.code, (0, 2), str(saved))
        test.assertEqual(saved.out, archive + "\n")
        test.assertEqual(os.stat(archive).st_mode & 0o777, 0o600)
        packings = [archive, os.path.join(folder, "b.tar.gz"), os.path.join(folder, "unpacked")]
        again = lab.kpr("collect", "--from", archive, "-o", packings[1])
        test.assertIn(again.code, (0, 2), str(again))
        with zipfile.ZipFile(archive) as z:
            z.extractall(packings[2])
            test.assertEqual(any("/logs-cilium-" in n for n in z.namelist()), logs, z.namelist())
        for packing in packings:
            offline = lab.kpr("doctor", "-o", "json", "--now", now, "--from", packing)
            test.assertEqual(offline.code, live.code, str(live) + str(offline))
            test.assertEqual(findings(offline), findings(live), packing)
        hidden = os.path.join(folder, "hidden.zip")
        test.assertIn(lab.kpr("collect", "--anonymize", "--from", archive, "-o", hidden).code, (0, 2))
        offline = lab.kpr("doctor", "-o", "json", "--now", now, "--from", hidden)
        ids = lambda run: sorted((f["id"], f["severity"], len(f["nodes"])) for f in run.json()["findings"])
        test.assertEqual(ids(offline), ids(live), "with pseudonyms")
    return live.json()
