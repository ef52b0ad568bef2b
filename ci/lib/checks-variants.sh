# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test that build the drivers in other ways than the kernels that
# boot, and those of what is built and documented. Each compiles some directories
# only. Sourced after checks.sh.

# patched_tree: for checks that compile in it on their own, whichever ran before
patched_tree()
{
	need_build_packages
	need_patches
	lock build
	unpack_kernel
	update_tree wolfcrypt
}

# compile_wolfcrypt OUT ARG...: all of its objects, whatever there was before:
# make doesn't repeat the warnings of what is compiled. What kernel-doc says of
# imported files doesn't count: their comments are not for it. Unlike those of
# compilers and sparse, its warnings have no column.
compile_wolfcrypt()
{
	local out=$1 status=0

	shift
	rm -rf "$out/crypto/wolfcrypt" "$out"/arch/x86/crypto/wolfcrypt*
	kernel_make "$(kernel_src wolfcrypt)" "$out" -k -j"$(nproc)" "$@" crypto/wolfcrypt/ \
		>"$WORK/make.log" 2>&1 || status=$?
	cat "$WORK/make.log"
	! grep -E 'warning:|error:' "$WORK/make.log" |
		grep -vE "/$IMPORT_DIR/[^ :]*:[0-9]+: warning: " ||
		fail "warnings"
	[ "$status" -eq 0 ] || fail "does not compile"
}

# wolfcrypt_objects OUT: those that are built in, relative to it, and not what they
# are linked to
wolfcrypt_objects()
{
	(cd "$1" && find crypto/wolfcrypt arch/x86/crypto/wolfcrypt* -name '*.o' \
		-not -name 'boundary*' -not -name '*bench*')
}

# check_clang VERSION [WITHOUT]: as a module, for which objtool runs on all of it
# here, and not on vmlinux.o only. WITHOUT: settings that it is too old for.
check_clang()
{
	local clang=$1 src out symvers

	need_packages "clang-$clang" "lld-$clang" "llvm-$clang"
	patched_tree
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt "clang-$clang")
	symvers=$(kernel_out wolfcrypt module)/Module.symvers
	[ -f "$symvers" ] || fail "no $symvers: run build-module first"
	export LLVM=-$clang KERNEL_CC=clang-$clang CONFIG_WITHOUT=${2:-}
	configure "$src" "$out" module
	compile_wolfcrypt "$out"
	readelf -p .comment "$out/crypto/wolfcrypt/main.o" | grep -q "clang version $clang" ||
		fail "not compiled by clang $clang"
	# The symbols it wants are there in the kernel that gcc built, whose module is
	# another one.
	grep -v 'crypto/wolfcrypt/wolfcrypt' "$symvers" >"$WORK/kernel.symvers"
	echo crypto/wolfcrypt/wolfcrypt.o >"$WORK/modules.order"
	(cd "$out" && scripts/mod/modpost -M -E -i "$WORK/kernel.symvers" -T "$WORK/modules.order" \
		-o "$WORK/symvers") >"$WORK/modpost.log" 2>&1 || fail "modpost: $(tail -n 1 "$WORK/modpost.log")"
	[ ! -s "$WORK/modpost.log" ] || fail "modpost: $(tail -n 1 "$WORK/modpost.log")"
	note "no warnings${2:+; without $2}"
}

# With W=1, by which gcc and kernel-doc say more as well.
check_sparse()
{
	local src out

	need_packages sparse
	patched_tree
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt sparse)
	configure "$src" "$out" 'test'
	compile_wolfcrypt "$out" W=1 C=2 CHECK=sparse
	note "$(grep -c '^  CHECK ' "$WORK/make.log") files, no warnings, with W=1"
}

# The distribution's own configuration, with wolfCrypt set and all else at its
# default: whether the module then stays within its boundary. objtool, which has its
# say on vmlinux.o there, is asked about the module alone.
check_distro_config()
{
	local src out config

	need_packages "$KERNEL_CONFIG"
	patched_tree
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt distro)
	config=$(dpkg -L "$KERNEL_CONFIG" | grep -E '/config\.amd64_none_amd64\.xz$') ||
		fail "no configuration in $KERNEL_CONFIG"
	mkdir -p "$out"
	xzcat "$config" >"$out/.config"
	"$src/scripts/config" --file "$out/.config" -e CRYPTO_WOLFCRYPT \
		-d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT -e DEBUG_INFO_NONE
	kernel_make "$src" "$out" -s olddefconfig
	grep -x CONFIG_CRYPTO_WOLFCRYPT_INTEGRITY=y "$out/.config" || fail "not by default"
	grep -x CONFIG_PREEMPT_DYNAMIC=y "$out/.config" || fail "not what distributions have"
	compile_wolfcrypt "$out"
	(cd "$out" && tools/objtool/objtool --hacks=jump_label --hacks=noinstr \
		--hacks=skylake --ibt --orc --retpoline --rethunk --sls \
		--static-call --uaccess --prefix=16 --link crypto/wolfcrypt/fips/boundary.o) \
		>"$WORK/objtool.log" 2>&1 || fail "objtool fails"
	cat "$WORK/objtool.log"
	[ ! -s "$WORK/objtool.log" ] || fail "warnings of objtool"
	note "$(grep -c '^[^#]' "$src/crypto/wolfcrypt/fips/boundary.services") services suffice"
}

# elsewhere_make ARG...: make for a tree and its output in WORK, as somebody else, at
# another time, with nothing out of ccache's cache. The banner stays as long as it was,
# since what comes after it moves otherwise. Objects that are there are taken as they are:
# "prepare", and "." for all directories, would compile the kernel anew.
elsewhere_make()
{
	local src out

	src=$(KERNEL_DIR=$WORK kernel_src wolfcrypt)
	out=$(KERNEL_DIR=$WORK kernel_out wolfcrypt 'test')
	KERNEL_DIR=$WORK CCACHE_DIR=$WORK/ccache kernel_make "$src" "$out" -C "$out" \
		-f "$src/Makefile" --no-print-directory -s -j"$(nproc)" -o prepare \
		KBUILD_BUILD_TIMESTAMP="$(LC_ALL=C date -u)" KBUILD_BUILD_USER=another-builder \
		KBUILD_BUILD_HOST=otherhost KBUILD_BUILD_VERSION="$(<"$out/.version")" "$@"
}

# sealed_digest VMLINUX, if it is the one in its record
sealed_digest()
{
	"$(kernel_out wolfcrypt 'test')/crypto/wolfcrypt/fips/mkintegrity" verify "$1" |
		sed -n 's/^.*: \([0-9a-f]\{64\}\) pass$/\1/p'
}

# The digest is that of the tree: not of who builds it, when, and where. The module
# is compiled anew, and with it the kernel is linked anew.
check_reproducible()
{
	local src copy out new before after

	patched_tree
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt 'test')
	[ -f "$out/vmlinux" ] || fail "no $out/vmlinux: run build-test first"
	new=$(KERNEL_DIR=$WORK kernel_out wolfcrypt 'test')
	copy=$(KERNEL_DIR=$WORK kernel_src wolfcrypt)
	mkdir -p "$copy" "${new%/*}"
	ln -s -t "$copy" "$src"/*
	cp -a "$out" "$new"
	rm -rf "$new"/{vmlinux*,crypto/wolfcrypt,arch/x86/crypto/wolfcrypt*}
	elsewhere_make include/generated/compile.h
	elsewhere_make crypto/wolfcrypt/
	elsewhere_make -o . vmlinux
	grep -a -q 'Linux version .*another-builder@otherhost' "$new/vmlinux" ||
		fail "not built by somebody else"
	before=$(sealed_digest "$out/vmlinux")
	after=$(sealed_digest "$new/vmlinux")
	echo "$before here, $after elsewhere"
	[ "${before:-none}" = "$after" ] || fail "another digest"
	note "$(find "$new/crypto/wolfcrypt" -name '*.o' | wc -l) objects compiled anew, the digest is the same"
}

# offers ARCH ANSWER: whether Kconfig lets CRYPTO_WOLFCRYPT be set on ARCH
offers()
{
	local answer=n

	printf 'CONFIG_CRYPTO=y\nCONFIG_CRYPTO_WOLFCRYPT=y\n' >"$WORK/$1.wanted"
	KCONFIG_ALLCONFIG=$WORK/$1.wanted KCONFIG_CONFIG=$WORK/$1.config \
		kernel_make "$(kernel_src wolfcrypt)" "$(kernel_out wolfcrypt unset)" ARCH="$1" \
		allnoconfig >"$WORK/$1.log" 2>&1 || fail "ARCH=$1 cannot be configured"
	cat "$WORK/$1.log"
	grep -q '^CONFIG_CRYPTO=y' "$WORK/$1.config" || fail "ARCH=$1 has no CONFIG_CRYPTO"
	! grep -q '^CONFIG_CRYPTO_WOLFCRYPT=y' "$WORK/$1.config" || answer=y
	[ "$answer" = "$2" ] || fail "ARCH=$1: CRYPTO_WOLFCRYPT is $answer, not $2"
	! grep -i 'warning\|error' "$WORK/$1.log" || fail "ARCH=$1: words of Kconfig"
}

# same_object FILE FILE: but for names of local symbols, some of which have the number
# of a line of the source.
same_object()
{
	! cmp -s "$1" "$2" || return 0
	objcopy --discard-all "$1" "$WORK/one.o"
	objcopy --discard-all "$2" "$WORK/other.o"
	cmp -s "$WORK/one.o" "$WORK/other.o"
}

# Without CONFIG_CRYPTO_WOLFCRYPT the kernel is the stock one: the same questions
# but that one, and the same objects but that of the tests, which has no word of
# wolfCrypt.
check_unset()
{
	local src out stock object new

	patched_tree
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt unset)
	stock=$(kernel_out stock stock)
	[ -f "$stock/vmlinux" ] || fail "no $stock/vmlinux: run build-stock first"
	configure "$src" "$out" stock
	! grep -i 'warning\|recursive' "$out/configure.log" || fail "warnings of Kconfig"
	echo '# CONFIG_CRYPTO_WOLFCRYPT is not set' >"$WORK/expected"
	{ diff "$stock/.config" "$out/.config" || true; } | sed -n 's/^[<>] //p' |
		diff "$WORK/expected" - || fail "the configuration differs from the stock one"

	cp "$stock/.config" "$WORK/config"
	new=$(KCONFIG_CONFIG=$WORK/config kernel_make "$src" "$out" -s listnewconfig)
	[ "$new" = CONFIG_CRYPTO_WOLFCRYPT=n ] || fail "new questions: $new"
	KCONFIG_CONFIG=$WORK/config kernel_make "$src" "$out" -s olddefconfig >"$WORK/old.log" 2>&1
	[ ! -s "$WORK/old.log" ] || fail "words of olddefconfig: $(head -n 1 "$WORK/old.log")"
	cmp "$WORK/config" "$out/.config" || fail "olddefconfig makes another configuration"
	offers x86_64 y
	offers i386 n
	offers arm64 n

	rm -rf "$out"/{crypto,arch/x86/crypto,kernel/module}
	kernel_make "$src" "$out" -s -j"$(nproc)" crypto/ arch/x86/crypto/ kernel/module/
	(cd "$stock" && find crypto arch/x86/crypto kernel/module -name '*.[oa]' | sort) >"$WORK/built"
	(cd "$out" && find crypto arch/x86/crypto kernel/module -name '*.[oa]' | sort) |
		diff "$WORK/built" - || fail "other objects than in the stock kernel"
	# Archives have the sizes of their members.
	grep '\.o$' "$WORK/built" >"$WORK/objects"
	while read -r object; do
		same_object "$stock/$object" "$out/$object" || echo "$object"
	done <"$WORK/objects" >"$WORK/differ"
	cat "$WORK/differ"
	[ "$(<"$WORK/differ")" = crypto/testmgr.o ] ||
		fail "not as in the stock kernel: $(paste -sd ' ' "$WORK/differ")"
	! grep -q -i wolfcrypt "$out/crypto/testmgr.o" || fail "testmgr.o names wolfCrypt"
	note "$(wc -l <"$WORK/objects") objects, as in the stock kernel but testmgr"
}

# defined DIRECTORY..., in the directory that make writes to
defined()
{
	find "$@" -name '*.o' -exec nm --defined-only {} + 2>/dev/null |
		awk 'NF == 3 { print $3 }' | sort -u
}

# check_select NAME OPTION...: alone on allnoconfig, with what they select, crypto/
# and lib/crypto/ have all that wolfCrypt's objects want of them. The rest has
# to be in the kernel outside of these, as seen in that of the test
# configuration.
check_select()
{
	local name=$1 src out full

	shift
	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt selects)
	full=$(kernel_out wolfcrypt 'test')
	seed "$src" "$out"
	printf 'CONFIG_%s=y\n' 64BIT CRYPTO "$@" >"$WORK/$name.wanted"
	KCONFIG_ALLCONFIG=$WORK/$name.wanted kernel_make "$src" "$out" allnoconfig >"$WORK/$name.log" 2>&1
	! grep -i 'warning\|unmet' "$WORK/$name.log" || fail "$name: warnings of Kconfig"
	[ -z "$(config_missing "$WORK/$name.wanted" "$out/.config")" ] ||
		fail "$name: $(config_missing "$WORK/$name.wanted" "$out/.config" | paste -sd ' ')"
	# An object of the last configuration would provide what this one doesn't.
	rm -rf "$out"/{crypto,lib/crypto,arch/x86/crypto}
	kernel_make "$src" "$out" -s -j"$(nproc)" crypto/ lib/crypto/ arch/x86/crypto/

	(cd "$out" && defined crypto lib/crypto arch/x86/crypto) >"$WORK/$name.has"
	(cd "$full" && defined crypto lib/crypto arch/x86/crypto) >"$WORK/full.crypto"
	awk '{ print $3 }' "$full/System.map" | sort -u | comm -23 - "$WORK/full.crypto" >"$WORK/full.rest"
	(cd "$out" && find crypto/wolfcrypt arch/x86/crypto -name '*.o' -exec nm -u {} +) |
		awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u >"$WORK/$name.wants"
	[ -s "$WORK/$name.wants" ] || fail "$name: no objects of wolfCrypt"
	sort -u "$WORK/$name.has" "$WORK/full.rest" | comm -13 - "$WORK/$name.wants" >"$WORK/$name.lacks"
	cat "$WORK/$name.lacks"
	[ ! -s "$WORK/$name.lacks" ] || fail "$name: nothing selected has $(paste -sd ' ' "$WORK/$name.lacks")"
}

check_selects()
{
	patched_tree
	[ -f "$(kernel_out wolfcrypt 'test')/System.map" ] || fail "no kernel: run build-test first"
	check_select minimal CRYPTO_WOLFCRYPT
	check_select all CRYPTO_WOLFCRYPT DEBUG_KERNEL DEBUG_FS KUNIT CRYPTO_WOLFCRYPT_FIPS_BREAK \
		CRYPTO_WOLFCRYPT_KUNIT_TEST CRYPTO_WOLFCRYPT_BENCH
	note "$(wc -l <"$WORK/all.wants") symbols, each there with no more than is selected"
}

# our_c_files: of the patched tree, without the import
our_c_files()
{
	(cd "$1" && find crypto/wolfcrypt arch/x86/crypto/wolfcrypt* -name '*.[ch]' \
		-not -path "$IMPORT_DIR/*" | sort)
}

# undocumented FILE: its functions for other files that have parameters and no
# kernel-doc. What has none registers something or picks from a table.
undocumented()
{
	awk '/^[a-z].*\(/ && !/^(static|typedef|asmlinkage|extern|int main)/ && !/[;=]/ &&
	     last !~ /^static [^(;]*$/ { head = $0 }
	     /;$/ { head = "" }
	     head != "" && /^\{/ {
		if (head !~ /\(void\)/ && match(head, /[a-z_0-9]+\(/))
			print substr(head, RSTART, RLENGTH - 1)
		head = ""
	     }
	     { last = $0 }' "$1" | sort >"$WORK/functions"
	scripts/kernel-doc -rst "$1" 2>/dev/null |
		sed -n 's/^\.\. c:function:: .*[ *]\([a-z_0-9]*\) (.*/\1/p' | sort >"$WORK/documented"
	cat "$WORK/functions" >>"$WORK/all-functions"
	comm -23 "$WORK/functions" "$WORK/documented" | sed "s|^|$1: |"
}

# sphinx DIR: Documentation/DIR alone, as "make SPHINXDIRS=DIR htmldocs" does, but
# that this writes nothing into the tree.
sphinx()
{
	srctree=$PWD BUILDDIR=$WORK/html SPHINX_CONF=$PWD/Documentation/$1/conf.py \
	PYTHONDONTWRITEBYTECODE=1 \
		sphinx-build -q -b html -c Documentation -d "$WORK/doctrees" \
		-D kerneldoc_srctree="$PWD" -D kerneldoc_bin="$PWD/scripts/kernel-doc" \
		"Documentation/$1" "$WORK/html"
}

check_docs()
{
	local src file path
	local -a files

	need_packages python3-sphinx perl
	patched_tree
	src=$(kernel_src wolfcrypt)
	cd "$src" || exit
	sphinx crypto >"$WORK/sphinx.log" 2>&1 || { cat "$WORK/sphinx.log"; fail "Sphinx fails"; }
	cat "$WORK/sphinx.log"
	! grep -E 'wolfcrypt|crypto/index\.rst' "$WORK/sphinx.log" || fail "warnings of Sphinx"
	for file in Documentation/crypto/wolfcrypt/*.rst; do
		[ -s "$WORK/html/wolfcrypt/$(basename "$file" .rst).html" ] || fail "no page made of $file"
	done
	! scripts/get_abi.pl validate --dir Documentation/ABI 2>&1 | grep -i wolfcrypt ||
		fail "warnings of get_abi.pl"

	mapfile -t files < <(our_c_files "$src")
	scripts/kernel-doc -none -Wall -Werror "${files[@]}" || fail "warnings of kernel-doc"
	for file in "${files[@]}"; do
		undocumented "$file"
	done >"$WORK/undocumented"
	cat "$WORK/undocumented"
	[ ! -s "$WORK/undocumented" ] || fail "no kernel-doc: $(paste -sd ' ' "$WORK/undocumented")"
	[ "$(wc -l <"$WORK/all-functions")" -gt 20 ] || fail "hardly any functions found"

	# Files that they refer to are there.
	files+=(crypto/wolfcrypt/Kconfig Documentation/crypto/wolfcrypt/*.rst)
	while read -r path; do
		[ -e "$path" ] || fail "there is no $path"
	done < <(grep -ohE 'Documentation/[A-Za-z0-9/_.-]*\.(rst|txt)' "${files[@]}" | sort -u)
	note "$(wc -l <"$WORK/all-functions") functions, $(find Documentation/crypto/wolfcrypt -name '*.rst' | wc -l) pages"
}

# features FILE...: "ISA FEATURE...", one line for each ISA_usable() of the files,
# with those of the functions it calls.
features()
{
	awk '/^static .*bool [a-z0-9_]+_usable\(void\)/ {
		isa = $0
		sub(/_usable.*/, "", isa)
		sub(/.* /, "", isa)
		next
	     }
	     /^}/ && isa != "" { print isa list[isa]; isa = "" }
	     isa != "" {
		line = $0
		while (match(line, /X86_FEATURE_[A-Z0-9_]+|[a-z0-9_]+_usable\(/)) {
			word = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			if (sub(/_usable\(/, "", word))
				list[isa] = list[isa] list[word]
			else
				list[isa] = list[isa] " " substr(word, 13)
		}
	     }' "$@"
}

# The instructions of everything that each implementation reaches from its
# structure, against the features its CPU must have. Lines: what is wrong.
# shellcheck disable=SC2016 # a program of awk's
ISA_AWK='
function hex(s,   i, n) {
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
function wants(first, op, args) {
	if (first == "62") {
		need = "AVX512F"
		if (args !~ /%zmm/) need = need " AVX512VL"
		if (op ~ /^v(movdqu(8|16)|pshufb|palignr|ps[lr]ldq|p(add|sub|cmp[a-z]*|blendm|broadcast|max[su]|min[su])[bw]$)/)
			need = need " AVX512BW"
		if (op ~ /^v((insert|extract)[fi](64x2|32x8)|broadcast[fi](64x2|32x8)|(and|andn|x?or)p[sd]|pmullq)/)
			need = need " AVX512DQ"
		if (op ~ /^vaes/) need = need " VAES"
		if (op ~ /^vpclmul/) need = need " VPCLMULQDQ"
		if (op ~ /^vpmadd52/) need = need " AVX512IFMA"
		return need
	}
	if (first != "c4" && first != "c5") {
		if (op ~ /^v/) return "AVX"
		if (op ~ /^aes/) return "AES"
		if (op ~ /^pclmul/) return "PCLMULQDQ"
		if (op ~ /^sha(1|256)/) return "SHA_NI"
		if (op ~ /^(pcmpgtq|pcmp[ei]str|crc32)/) return "XMM4_2"
		if (op ~ /^(pshufb|ph(add|sub)|pmaddubsw|psign|pmulhrsw|palignr|pabs|p?blend|p(ins|ext)r[bdq]|pmov[sz]x|ptest|pcmpeqq|packusdw|p(min|max)(sb|sd|uw|ud)|pmul(ld|dq)|extractps|insertps|dpp|round|mpsadbw|movntdqa)/)
			return "XMM4_1"
		if (op ~ /^(movbe|popcnt|lzcnt|tzcnt|adcx|adox)/) return toupper(op)
		return ""
	}
	if (op ~ /^k(mov|add|shift|unpck|(or)?test|x?n?or|and|not)/)
		return op ~ /[dq]$/ ? "AVX512F AVX512BW" : op ~ /b$/ ? "AVX512F AVX512DQ" : "AVX512F"
	if (op ~ /^(rorx|mulx|bzhi|pdep|pext|sarx|shlx|shrx)/) return "BMI2"
	if (op ~ /^(andn|bextr|bls)/ ) return "BMI1"
	if (op ~ /^vf(n?m)(add|sub)/) return "FMA"
	if (op ~ /^vcvtp[hs]2p[hs]/) return "F16C"
	if (args ~ /%ymm/) {
		if (op ~ /^vaes/) return "VAES"
		if (op ~ /^vpclmul/) return "VPCLMULQDQ"
		if (op ~ /^v(p|mpsadbw|movntdqa)/ && op !~ /^v(permilp|perm2f128|ptest)/) return "AVX2"
	}
	if (op ~ /^v(pbroadcast|broadcasti128|pblendd|perm2i128|perm[dq]|perm(ps|pd)|pmaskmov|p?gather|extracti128|inserti128|ps[rl][la]v)/)
		return "AVX2"
	if (op ~ /^vbroadcasts[sd]/ && args !~ /\(/) return "AVX2"
	if (op ~ /^vaes/) return "AVX AES"
	if (op ~ /^vpclmul/) return "AVX PCLMULQDQ"
	return "AVX"
}
# The function that has the address. Branches mostly go to the present one.
function owner(at,   f) {
	if (at in starts) return starts[at]
	for (f = 1; f <= n; f++)
		if (at >= from[f] && at < to[f]) return f
	return 0
}
FILENAME == FEATURES { impl[++impls] = $1; $1 = ""; allowed[impls] = $0 " "; next }
FILENAME == SYMBOLS && $4 == "FUNC" && $3 > 0 {
	n++; from[n] = hex($2); to[n] = from[n] + $3; name[n] = $8
	global[n] = $5 == "GLOBAL"; starts[from[n]] = n
	next
}
FILENAME == SYMBOLS && $4 == "OBJECT" { at[$8] = hex($2); size[$8] = $3; next }
FILENAME == RELOCS && $3 == "R_X86_64_64" && $6 == "+" {
	pointers++; place[pointers] = hex($1); value[pointers] = hex($4) + hex($7)
	next
}
FILENAME == CODE && /^ *[0-9a-f]+:\t/ {
	split($0, part, "\t")
	sub(/^ +/, "", part[1]); sub(/:.*/, "", part[1])
	here = hex(part[1])
	if (!(current && here >= from[current] && here < to[current])) current = owner(here)
	if (!current) next
	insns[current]++
	if (match(part[3], /(call|j[a-z]+) +[0-9a-f]+( |$)/)) {
		target = substr(part[3], RSTART, RLENGTH)
		sub(/^[a-z]+ +/, "", target); sub(/ .*/, "", target)
		target = hex(target)
		if (target < from[current] || target >= to[current])
			if ((f = owner(target))) calls[current] = calls[current] " " f
	}
	op = part[3]; sub(/ .*/, "", op)
	need = wants(substr(part[2], 1, 2), op, part[3])
	k = split(need, word, " ")
	for (i = 1; i <= k; i++)
		if (!((current, word[i]) in seen)) {
			seen[current, word[i]] = part[3]
			uses[current] = uses[current] " " word[i]
		}
}
END {
	for (s = 1; s <= impls; s++) {
		if (!(impl[s] in at)) { print impl[s] ": no such object"; continue }
		split("", done); todo = ""; asm = 0
		for (p = 1; p <= pointers; p++)
			if (place[p] >= at[impl[s]] && place[p] < at[impl[s]] + size[impl[s]] && (f = owner(value[p])))
				todo = todo " " f
		while (split(todo, queue, " ")) {
			todo = ""
			for (q = 1; q in queue; q++) {
				f = queue[q]
				if (f in done) continue
				done[f] = 1; reached[f] = 1
				todo = todo calls[f]
				asm += global[f]
				if (!insns[f]) print impl[s] ": " name[f] " has no instructions"
				k = split(uses[f], word, " ")
				for (i = 1; i <= k; i++)
					if (index(allowed[s], " " word[i] " ") == 0)
						print impl[s] ": " name[f] " has " word[i] ": " seen[f, word[i]]
			}
		}
		if (!asm) print impl[s] ": reaches no assembly"
	}
	for (f in reached) total++
	print impls, total >TOTAL
}'

# c_simd OUT SRC: instructions with vector registers in what is compiled from C,
# but those that its source has in an asm()
c_simd()
{
	local object source

	wolfcrypt_objects "$1" | while read -r object; do
		source=$2/${object%.o}.c
		[ -f "$source" ] || continue
		objdump -dw --no-show-raw-insn "$1/$object" |
			awk -F '\t' '/%[xyz]mm[0-9]/ { split($2, w, " "); print w[1] }' | sort -u |
		while read -r op; do
			grep -q "\"${op}[\\[:space:]]" "$source" || echo "$object: $op"
		done
	done
}

# implementations OUT SRC: "STRUCTURE FEATURE...", from the files of arch/x86
implementations()
{
	local file isa words

	for file in "$2"/arch/x86/crypto/wolfcrypt-*.c; do
		features "${file%/*}/wolfcrypt-cpu.h" "$file" >"$WORK/isas"
		nm "$1/arch/x86/crypto/$(basename "$file" .c).o" |
			awk '$2 ~ /^[Rr]$/ && $3 ~ /^wolfcrypt_/ { print $3 }' |
		while read -r structure; do
			isa=${structure#wolfcrypt_*_}
			words=$(sed -n "s/^$isa //p" "$WORK/isas")
			[ -n "$words" ] || { echo "failed: ${file##*/} has no ${isa}_usable()" >&2; return 1; }
			echo "$structure $words"
		done || return 1
	done
}

check_isa()
{
	local src out object
	local -a objects

	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt 'test')
	[ -f "$out/crypto/wolfcrypt/built-in.a" ] || fail "no objects: run build-test first"
	lock build
	mapfile -t objects < <(wolfcrypt_objects "$out")
	[ "${#objects[@]}" -gt 20 ] || fail "only ${#objects[@]} objects found"

	c_simd "$out" "$src" >"$WORK/simd"
	cat "$WORK/simd"
	[ ! -s "$WORK/simd" ] || fail "vector registers in C: $(paste -sd ' ' "$WORK/simd")"

	for object in "${objects[@]}"; do
		[[ $object == "$IMPORT_DIR"/* ]] || continue
		# That of a WARN_ONCE() is of the kernel's memcpy().
		nm "$out/$object" | awk -v o="$object" \
			'$2 ~ /^[bBcCdD]$/ && $3 !~ /^__already_done/ { print o ": " $3 }'
	done >"$WORK/writable"
	cat "$WORK/writable"
	[ ! -s "$WORK/writable" ] || fail "writable data: $(head -n 1 "$WORK/writable")"

	implementations "$out" "$src" >"$WORK/features" || fail "an implementation without usable()"
	# Linked alone, with a place for everything, so that branches can be followed.
	(cd "$out" && ld -q -z noexecstack --unresolved-symbols=ignore-all -e 0 \
		-o "$WORK/linked" "${objects[@]}")
	readelf -sW "$WORK/linked" >"$WORK/symbols"
	readelf -rW "$WORK/linked" >"$WORK/relocs"
	objdump -dw "$WORK/linked" >"$WORK/code"
	(cd "$WORK" && awk -v FEATURES=features -v SYMBOLS=symbols -v RELOCS=relocs -v CODE=code \
		-v TOTAL=total "$ISA_AWK" features symbols relocs code) >"$WORK/wrong"
	cat "$WORK/features" "$WORK/wrong"
	[ ! -s "$WORK/wrong" ] || fail "$(head -n 1 "$WORK/wrong")"
	note "$(awk '{ print $1 " implementations, " $2 " functions" }' "$WORK/total")"
}
