from __future__ import annotations

import mmap
import subprocess
import sys

from ingest.sandbox import confinement


def test_audit_hook_refuses_sockets_and_look_ups_but_no_local_pair() -> None:
    script = """
import socket, sys
from ingest.sandbox.confinement import refuse_sockets
sys.addaudithook(refuse_sockets)
for reach in (socket.socket, lambda: socket.getaddrinfo('localhost', 80), lambda: socket.create_connection(('::1', 9))):
    try:
        reach()
    except PermissionError:
        print('refused')
for end in socket.socketpair():
    end.close()
print('pair made')
"""
    done = subprocess.run([sys.executable, "-"], input=script, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout.split("\n") == ["refused"] * 3 + ["pair made", ""]


def test_resident_memory_is_that_of_this_process() -> None:
    size = 67_108_864
    before = confinement.resident_bytes()
    with mmap.mmap(-1, size) as block:  # fresh pages: the allocator might hand out some that are resident already
        for page in range(0, size, mmap.PAGESIZE):
            block[page] = 1
        assert confinement.resident_bytes() - before > size // 2
