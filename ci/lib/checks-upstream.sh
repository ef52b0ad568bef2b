# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The check of ci/test that runs selftests of the kernel's own, those of what the drivers
# are used by. Sourced after checks.sh and checks-guest.sh.

# build_kernel_selftests: WORK/share, with those of TLS and TCP-AO as their own
# Makefiles build them, from a copy that differs in this:
# - The tests of a key update, which 6.12 hasn't, go: they have come there with a stable
#   update, call a function as it is in later kernels, and don't compile.
# - Those of several processes move a tenth of the data, as an emulated CPU moves
#   less in the 30 s that they have; and what has to come within 20 ms may take 2 s.
build_kernel_selftests()
{
	local src tree=$WORK/tree/tools/testing/selftests

	src=$(kernel_src wolfcrypt)
	[ -d "$src/tools/testing/selftests/wolfcrypt" ] || fail "no patched kernel: run ci/build"
	kernel_make "$src" "$WORK/headers" -s headers_install INSTALL_HDR_PATH="$WORK/usr"
	mkdir -p "$tree" "$WORK/share"
	ln -s "$src/tools/include" "$WORK/tree/tools/"
	cp -r "$src"/tools/testing/selftests/{lib.mk,net,*.h} "$tree/"
	sed -i -e '/^TEST_F(.*rekey/,/^}/d' -e '/^static void tls_.*_keyupdate/,/^}/d' \
		-e 's/&tls13, 0);/\&tls13);/' -e 's/6 \* 1000 \* 1000;/600 * 1000;/' \
		-e 's/poll(&pfd, 1, 20), 1)/poll(\&pfd, 1, 2000), 1)/' "$tree/net/tls.c"
	grep -q '= 600 \* 1000;' "$tree/net/tls.c" || fail "tls.c isn't as it was"
	make -s -C "$tree/net/tcp_ao" KHDR_INCLUDES="-isystem $WORK/usr/include"
	make -s -C "$tree/net" OUTPUT="$tree/net" KHDR_INCLUDES="-isystem $WORK/usr/include" \
		"$tree/net/tls"
	cp "$tree/net/tls" "$tree"/net/tcp_ao/*_ipv[46] "$WORK/share/"
	cp -r "$REPO/ci/lib/guest" "$WORK/share/"
}

# known_results: of the kernel's selftests, what doesn't pass, as patterns. These the
# kernel's own tests expect to fail.
known_results()
{
	cat <<-'END'
	xfail key-management_ipv[46]: listen[(][)] after current/rnext keys set: .*
	xfail key-management_ipv[46]: listen socket, delete (current|rnext) key from before listen[(][)]: .*
	END
}

# account RESULTS KNOWN: nothing but what is known does not pass, and all of that
account()
{
	awk 'FILENAME == ARGV[1] { known[$0]; next }
	     /^(pass|used|asked) / { next }
	     {
		found = 0
		for (pattern in known)
			if ($0 ~ "^" pattern "$") { happened[pattern]; found = 1 }
		print (found ? "known: " : "not known: ") $0
		bad += !found
	     }
	     END {
		for (pattern in known)
			if (!(pattern in happened)) { print "it did not happen: " pattern; bad++ }
		exit bad > 0
	     }' "$2" "$1"
}

# used_ours RESULTS ALGORITHM...: the tests ran on wolfCrypt's driver of each, which took
# requests, and on no other driver of an algorithm that it has.
used_ours()
{
	local results=$1 name driver

	shift
	for name; do
		driver=$(awk -v name="$name" '$1 == "used" && $3 == name && $4 ~ /-wolfcrypt/ { print $4; exit }' \
			"$results")
		[ -n "$driver" ] || fail "no test used a driver of wolfCrypt for $name"
		grep -q "^asked .*: $driver [1-9]" "$results" || fail "no test asked anything of $driver"
	done
	! awk '$1 == "used" && $4 !~ /wolfcrypt/ &&
	       $3 ~ /^((gcm|ccm|cmac|cbc|ctr)[(]aes[)]|(hmac[(])?sha(1|224|256|384|512)[)]?)$/' \
		"$results" | grep . || fail "a test used another driver"
}

# Without fips=1, where those of TCP-AO can't have the MD5 that some of them want.
check_kernel_selftests()
{
	local results=$WORK/results status
	local -a algorithms=('gcm(aes)' 'ccm(aes)' 'cmac(aes)' 'hmac(sha1)' 'hmac(sha256)'
			     'rfc7539(chacha20,poly1305)')

	build_kernel_selftests
	guest_cpu avx2 selftests --append cryptomgr.noextratests=1 \
		--share "$WORK/share" --timeout 3000 -- \
		"cd /share && guest/kernel-selftests . tls *_ipv[46]" >"$results"
	cat "$results"
	clean_console selftests
	known_results >"$WORK/known"
	account "$results" "$WORK/known" || fail "a test did otherwise than is known"
	used_ours "$results" "${algorithms[@]}"
	note "$(for status in pass fail skip xfail; do
		echo "$(grep -c "^$status " "$results") $status"; done | paste -sd ,)"
}
