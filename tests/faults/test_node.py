"""Each fault of the table, on one node of three: its row, what is said beside the table, the exit code, and the two other nodes as they are."""
import re
import unittest

from cluster import FaultTest
from table import FAULTS, READ

NODES = ["node-1", "node-2", "node-3"]
WELL = "%s 1.18.16 True enp1s0,eth1 192.168.6.111 Enabled DSR Best-Effort " + READ
BROKEN = "%s" + " <unknown>" * 7 + " "


class Node(FaultTest):
    def check(self, fault):
        self.serve(NODES)
        self.kubeconfig()
        self.script.execs["cilium-node-2"] = fault.tries
        run = self.exits(self.kpr("status", *fault.flags), fault.code)
        self.assertEqual(run.row("node-2"), WELL % "node-2" if fault.row == READ else BROKEN % "node-2" + fault.row)
        for node in ("node-1", "node-3"):
            self.assertEqual(run.row(node), WELL % node)
        lines = run.err.splitlines()
        self.assertEqual(lines[:-1], list(fault.notes), "\n" + str(run))
        self.assertRegex(lines[-1], r"^3 nodes, all with" if fault.code == 0 else r"^2/3 nodes read, all with .*; 1 node (unread|incomplete)\.$")
        self.assertEqual(self.server.tries["cilium-node-2"], fault.asked)
        self.assertGreaterEqual(run.seconds, fault.at_least)
        self.assertLess(run.peak_mib, 100)


for i, f in enumerate(FAULTS):
    setattr(Node, "test_%02d_%s" % (i, re.sub(r"\W+", "_", f.name)), lambda self, fault=f: self.check(fault))

if __name__ == "__main__":
    unittest.main()
