#!/bin/sh
# gdb_fibers.sh SUBJECT SCRIPT: whether the gdb script finds SUBJECT's fibers.
set -eu
subject=$1 script=$2

command -v gdb >/dev/null || exit 77 # skipped
case $(gdb -q -nx -batch -ex 'ptype struct worker' "$subject" 2>&1) in
*"No struct type named worker"*)
	echo "skipped: built without debug information (buildtype=release)"
	exit 77 ;;
esac
export ASAN_OPTIONS=detect_leaks=0 # it needs ptrace for itself
said=$(gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex run \
	-ex "source $script" -ex fibers -ex 'fiber reader' -ex 'fiber sleeper in bt' \
	-ex continue "$subject" 2>&1) || true
case $said in
*ptrace*"not permitted"*) exit 77 ;;
esac

expect() {
	echo "$said" | grep -Eq "$1" && return
	echo "$said"
	echo "missing: $1"
	exit 1
}
expect 'worker 0  main +running'
expect 'worker 0  reader +waits: read, 3[56][0-9.]+ s left'
expect 'worker 0  sleeper +waits: sleep$'
expect '^#[0-9]+ +0x[0-9a-f]+ in read_for_ever at .*gdb_subject.c:[0-9]+'
expect '^#[0-9]+ .*sleep_for_ever \(.*gdb_subject.c:[0-9]+'
expect 'exited normally'
