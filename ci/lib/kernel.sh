# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The distribution's kernel: its source trees, its configuration, its make.
# Sourced after common.sh.

KERNEL_NAME=linux-source-6.12
# shellcheck disable=SC2034 # used by the checks
KERNEL_CONFIG=linux-config-6.12
KERNEL_TAR=/usr/src/$KERNEL_NAME.tar.xz
KERNEL_DIR=$WOLFCRYPT_BUILD/kernel
CONFIGS=$REPO/ci/configs

# Both trees lie at the same depth, with their output beside them, so that
# ccache, which sees relative paths, takes a file compiled in one for the
# same file in the other.
STOCK_SRC=$KERNEL_DIR/stock/src/$KERNEL_NAME

# kernel_src TREE, kernel_out TREE CONFIG: TREE is stock, wolfcrypt, or um: that
# with the changes of ci/um.
kernel_src() { echo "$KERNEL_DIR/$1/src/$KERNEL_NAME"; }
kernel_out() { echo "$KERNEL_DIR/$1/out/$2"; }

need_build_packages()
{
	need_packages "$KERNEL_NAME" build-essential bc bison flex libelf-dev \
		libssl-dev openssl kmod cpio ccache xz-utils lz4 zstd rsync perl python3
}

# unpack_kernel: makes STOCK_SRC from the distribution's package, once per
# version of the package. A subshell, which gives its lock back.
unpack_kernel()
(
	stamp=$KERNEL_DIR/stock/src/version

	need_packages "$KERNEL_NAME" xz-utils
	lock source
	# shellcheck disable=SC2016 # dpkg-query's own variable
	version=$(dpkg-query -W -f '${Version}' "$KERNEL_NAME")
	if [ -f "$stamp" ] && [ "$(<"$stamp")" = "$version" ]; then
		exit 0
	fi
	[ -r "$KERNEL_TAR" ] || die "$KERNEL_TAR is missing: apt-get install --reinstall $KERNEL_NAME"

	need_space 4
	rm -rf "${STOCK_SRC%/*}" "$KERNEL_DIR/unpack"
	mkdir -p "$KERNEL_DIR/unpack"
	run_logged "$WOLFCRYPT_BUILD/logs/unpack.log" "unpacking $KERNEL_NAME $version" \
		tar -xJf "$KERNEL_TAR" -C "$KERNEL_DIR/unpack" ||
		die "$KERNEL_TAR does not unpack: free some disk space, or apt-get install --reinstall $KERNEL_NAME"
	mkdir -p "${STOCK_SRC%/*}"
	mv "$KERNEL_DIR/unpack/$KERNEL_NAME" "$STOCK_SRC"
	rmdir "$KERNEL_DIR/unpack"
	echo "$version" >"$stamp"
)

# update_tree TREE: brings a patched tree up to date. It is the stock tree with
# the files of the series, and for um those that ci/um changes; they are copied
# one by one, so that make sees only what really changed.
update_tree()
{
	local src stage stamp digest why

	src=$(kernel_src "$1")
	stamp=${src%/*}/series.sha256
	digest=$( { cd "$PATCHES" && series_list | xargs cat "$STOCK_SRC/../version"
		    [ "$1" != um ] || cat "$REPO"/ci/um/*; } | sha256sum)
	if [ -f "$stamp" ] && [ "$(<"$stamp")" = "$digest" ]; then
		return 0
	fi
	if [ ! -f "$stamp" ] || [ "$stamp" -ot "$STOCK_SRC/../version" ]; then
		need_space 4
		rm -rf "${src%/*}"
		mkdir -p "${src%/*}"
		run_logged "$WOLFCRYPT_BUILD/logs/copy.log" "copying the tree" \
			cp -a --reflink=auto "$STOCK_SRC" "$src" ||
			die "cannot copy the kernel tree: see $WOLFCRYPT_BUILD/logs/copy.log"
	fi
	say "applying the series"
	stage=$KERNEL_DIR/stage
	rm -rf "$stage"
	mkdir -p "$stage"
	why=$(stage_series "$STOCK_SRC" "$stage" --fuzz=0) ||
		die "$why ($KERNEL_NAME): see $stage.log"
	if [ "$1" = um ]; then
		"$REPO/ci/um/shim" "$STOCK_SRC" "$stage" ||
			die "ci/um/shim does not fit $KERNEL_NAME"
	fi
	rm -f "$stamp"
	drop_former_files "$src" "$stage"
	rsync -r --perms --checksum "$stage/" "$src/"
	(cd "$stage" && find . -type f | sort) >"${src%/*}/series.files"
	rm -rf "$stage"
	echo "$digest" >"$stamp"
}

# Files that an earlier series had and this one has not.
drop_former_files()
{
	local file

	[ -f "${1%/*}/series.files" ] || return 0
	while read -r file; do
		[ ! -e "$2/$file" ] || continue
		rm -f "$1/$file"
		[ ! -e "$STOCK_SRC/$file" ] || cp -p "$STOCK_SRC/$file" "$1/$file"
	done <"${1%/*}/series.files"
}

# kernel_make SRC OUT ARG...: make with ccache, and with nothing of this
# machine in the result. With gcc, or the compiler that KERNEL_CC names.
kernel_make()
{
	local src=$1 out=$2
	local -a arch=()

	shift 2
	[ "$src" != "$(kernel_src um)" ] || arch=(ARCH=um SUBARCH=x86_64)
	CCACHE_BASEDIR=$(realpath "$KERNEL_DIR") CCACHE_NOHASHDIR=1 \
	KBUILD_BUILD_TIMESTAMP='Mon Nov 23 00:00:00 UTC 2026' \
	KBUILD_BUILD_USER=linux-wolfcrypt KBUILD_BUILD_HOST=localhost \
	make -C "$src" O="$out" CC="ccache ${KERNEL_CC:-gcc}" "${arch[@]}" "$@"
}

# config_names: what ci/build --config takes.
config_names()
{
	local file

	for file in "$CONFIGS"/*.config; do
		file=${file##*/}
		[ "$file" = base.config ] || echo "${file%.config}"
	done
}

# config_tree CONFIG: the tree that a configuration builds.
config_tree()
{
	case $1 in
	stock) echo stock ;;
	um|um-*) echo um ;;
	*) echo wolfcrypt ;;
	esac
}

# config_targets CONFIG: for make.
config_targets()
{
	case $(config_tree "$1") in
	um) echo linux ;;
	*) echo bzImage modules ;;
	esac
}

# config_flags CONFIG: more of the compiler's, as an argument of make. The thunks
# are in ci/um/thunks.S; assembly returns without.
config_flags()
{
	case $1 in
	*-thunks) echo "KCFLAGS=-mindirect-branch=thunk-extern -mindirect-branch-register -mfunction-return=thunk-extern -fno-jump-tables -fcf-protection=none" ;;
	esac
}

# kernel_image CONFIG: what ci/build makes of it.
kernel_image()
{
	local out

	out=$(kernel_out "$(config_tree "$1")" "$1")
	case $1 in
	um|um-*) echo "$out/linux" ;;
	*) echo "$out/arch/x86/boot/bzImage" ;;
	esac
}

# config_fragment CONFIG: its settings: base.config, test.config unless it is
# stock, and its own; its own alone for um. One line per symbol, the last that
# was given.
config_fragment()
{
	local -a files=("$CONFIGS"/{base,test,"$1"}.config)

	case $1 in
	stock) files=("$CONFIGS"/{base,stock}.config) ;;
	um|um-*) files=("$CONFIGS/um.config") ;;
	esac
	awk '{ symbol = "" }
	     /^CONFIG_[A-Z0-9_]+=/ { symbol = substr($0, 1, index($0, "=") - 1) }
	     /^# CONFIG_[A-Z0-9_]+ is not set$/ { symbol = $2 }
	     symbol == "" { next }
	     !(symbol in line) { order[++n] = symbol }
	     { line[symbol] = $0 }
	     END { for (i = 1; i <= n; i++) print line[order[i]] }' "${files[@]}"
}

# config_missing FRAGMENT DOTCONFIG: the fragment's lines that do not hold.
config_missing()
{
	awk 'FNR == NR {
		if (/^CONFIG_/) have[substr($0, 1, index($0, "=") - 1)] = $0
		next
	     }
	     /=n$/ || / is not set$/ {
		symbol = $0
		gsub(/^# |=n$| is not set$/, "", symbol)
		if (symbol in have) print symbol "=n"
		next
	     }
	     have[substr($0, 1, index($0, "=") - 1)] != $0' "$2" "$1"
}

# seed SRC OUT: another build of the patched tree starts from the test kernel's
# objects, most of which will do.
seed()
{
	local from

	from=$(kernel_out wolfcrypt 'test')
	if [ -e "$2" ] || [ "$1" != "$(kernel_src wolfcrypt)" ] || [ "${KERNEL_CC:-gcc}" != gcc ] ||
	   [ ! -f "$from/arch/x86/boot/bzImage" ]; then
		return 0
	fi
	rm -rf "$2.new"
	cp -a --reflink=auto "$from" "$2.new"
	mv "$2.new" "$2"
}

# configure SRC OUT CONFIG: writes OUT/.config, and stops if a line of the
# fragment got lost in it. Those for which the compiler is too old are named in
# CONFIG_WITHOUT, as alternatives of a regular expression without CONFIG_.
configure()
{
	local src=$1 out=$2 config=$3 fragment=$2/wanted.config missing

	seed "$src" "$out"
	mkdir -p "$out"
	config_fragment "$config" | grep -vE "^CONFIG_(${CONFIG_WITHOUT:-})=" >"$fragment.new"
	if ! cmp -s "$fragment.new" "$fragment" || [ ! -f "$out/.config" ] ||
	   [ -n "$(find "$src/crypto/Kconfig" "$src/crypto/wolfcrypt/Kconfig" \
			-newer "$out/.config" 2>/dev/null)" ]; then
		rm -f "$fragment"
		KCONFIG_ALLCONFIG=$fragment.new kernel_make "$src" "$out" allnoconfig \
			>"$out/configure.log" 2>&1 ||
			die "the kernel cannot be configured: see $out/configure.log"
		cp "$fragment.new" "$fragment"
	fi
	missing=$(config_missing "$fragment" "$out/.config" | paste -sd ' ')
	[ -z "$missing" ] ||
		die "$config: these settings do not take effect, a dependency is missing: $missing"
}
