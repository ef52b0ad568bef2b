# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TAP for the shell tests. A test is a function that says with check() what it
# expects; it goes on after a failure, so that one run shows all of them.

tap_failed=0
tap_number=0

tap_skip() {
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

# tap_need_root COMMAND...: skip the test unless these can be run, as root
tap_need_root() {
	local cmd

	((EUID == 0)) || tap_skip "needs root"
	for cmd; do
		command -v "$cmd" >/dev/null || tap_skip "needs $cmd"
	done
}

# tap_need_wolfcrypt: skip the test on a kernel without it
tap_need_wolfcrypt() {
	modprobe -q wolfcrypt 2>/dev/null
	[[ -d /sys/kernel/wolfcrypt ]] ||
		tap_skip "needs CONFIG_CRYPTO_WOLFCRYPT"
}

tap_plan() {
	echo "TAP version 13"
	echo "1..$1"
}

# check WHAT OBSERVED EXPECTED
check() {
	[[ $2 == "$3" ]] && return
	echo "# $1"
	echo "#   expected ${3@Q}"
	echo "#   observed ${2@Q}"
	case_failed=1
}

# check_match WHAT OBSERVED REGEX
check_match() {
	[[ $2 =~ $3 ]] && return
	echo "# $1"
	echo "#   expected a match of $3"
	echo "#   observed ${2@Q}"
	case_failed=1
}

# tap_case TITLE FUNCTION [ARG]...
tap_case() {
	local title=$1 verdict=ok
	shift

	case_failed=0
	"$@" || check "exit status of $1" $? 0
	if ((case_failed)); then
		verdict="not ok"
		((++tap_failed))
	fi
	echo "$verdict $((++tap_number)) $title"
}

tap_end() {
	echo "# Totals: pass:$((tap_number - tap_failed)) fail:$tap_failed" \
	     "xfail:0 xpass:0 skip:0 error:0"
	((tap_failed == 0))
}

# cpu_has FLAG...: does /proc/cpuinfo name all of them?
cpu_has() {
	local flag

	for flag; do
		grep -qw -m 1 "^flags.*[[:space:]]$flag" /proc/cpuinfo || return
	done
}

# proc_crypto FIELD NAME: "PRIORITY DRIVER FIELD" of each driver of an
# algorithm that its name can lead to, the preferred one first
proc_crypto() {
	awk -F ' *: ' -v field="$1" -v want="$2" '
		function emit() {
			if (alg["name"] == want && alg["type"] != "larval" &&
			    alg["internal"] == "no")
				print alg["priority"], alg["driver"], alg[field]
			delete alg
		}
		NF > 1 { alg[$1] = $2 }
		!NF { emit() }
		END { emit() }
	' /proc/crypto | sort -s -k 1,1nr
}
