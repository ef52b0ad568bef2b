# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The patched kernel as User-Mode Linux: a program that runs the drivers natively,
# with the instructions that this CPU has. Sourced after common.sh.

# um_image [CONFIG]: builds it, and names it
um_image()
{
	need_packages python3 util-linux
	"$REPO/ci/build" --config "${1:-um}" | tail -n 1
}

# run_um LINUX SECONDS PARAMETER...: to its end, or to that of its time; one that
# hangs may not hear SIGTERM, which it handles itself. It is linked low, where nothing
# else may be in its way. Its root is this machine's, read-only.
run_um()
{
	local linux=$1 seconds=$2

	shift 2
	timeout -k 5 "$seconds" setarch -R "$linux" mem=512M rootfstype=hostfs rootflags=/ ro \
		con=null con0=fd:0,fd:1 ssl=null "$@" </dev/null
}
