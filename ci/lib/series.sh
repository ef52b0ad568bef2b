# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What ci/import, ci/series, ci/apply and ci/build know about patches/.
# Sourced after common.sh.

PATCHES=$REPO/patches
# shellcheck disable=SC2034 # used by those who source this
IMPORT_PATCH=0001-crypto-wolfcrypt-import-wolfCrypt-5.7.2.patch
COVER=0000-cover-letter.patch
# Where imported files live, in the kernel tree and in a checkout.
# shellcheck disable=SC2034 # as above
IMPORT_DIR=crypto/wolfcrypt/lib

# Patches come out the same on every machine: one author, one date, and git
# without the user's configuration.
AUTHOR_NAME='linux-wolfcrypt maintainers'
AUTHOR_EMAIL=maintainers@linux-wolfcrypt.example
PATCH_DATE='Mon, 23 Nov 2026 00:00:00 +0000'

# git_plain ARG...: git with no configuration but ours, so that no setting of
# the user's changes a patch or asks for a signature.
git_plain()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
	GIT_AUTHOR_NAME=$AUTHOR_NAME GIT_AUTHOR_EMAIL=$AUTHOR_EMAIL \
	GIT_COMMITTER_NAME=$AUTHOR_NAME GIT_COMMITTER_EMAIL=$AUTHOR_EMAIL \
	GIT_AUTHOR_DATE=$PATCH_DATE GIT_COMMITTER_DATE=$PATCH_DATE \
	git -c core.autocrlf=false -c core.safecrlf=false -c gc.auto=0 \
		-c core.excludesFile=/dev/null -c core.attributesFile=/dev/null \
		-c init.defaultBranch=main -c safe.directory='*' "$@"
}

# git_diff ARG...: the one form that every patch has.
git_diff()
{
	git_plain diff --no-color --no-ext-diff --no-renames --abbrev=12 \
		--src-prefix=a/ --dst-prefix=b/ "$@"
}

# series_list: the patch files of the series, in order.
series_list()
{
	[ -f "$PATCHES/series" ] || die "no $PATCHES/series: the checkout is incomplete"
	sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$PATCHES/series"
}

# patch_paths PATCH...: the files that the patches touch.
patch_paths()
{
	sed -n 's|^+++ b/||p' "$@" | sort -u
}

# patch_changes PATCH: those of them that it changes; the rest are new.
patch_changes()
{
	awk '/^--- / { from = $2 }
	     /^\+\+\+ b\// && from ~ /^a\// { print substr(from, 3) }' "$1"
}

# mail_header NUMBER TOTAL NAME SUBJECT: the head of a patch that git am and
# b4 both read. b4 0.12 wants Message-Ids and cannot read folded headers.
mail_header()
{
	local width=${#2}

	printf 'From %040d Mon Sep 17 00:00:00 2001\n' 0
	printf 'Message-Id: <%s@linux-wolfcrypt.example>\n' "$3"
	[ "$1" -eq 0 ] ||
		printf 'In-Reply-To: <%s@linux-wolfcrypt.example>\n' "${COVER%.patch}"
	printf 'From: %s <%s>\n' "$AUTHOR_NAME" "$AUTHOR_EMAIL"
	printf 'Date: %s\n' "$PATCH_DATE"
	printf 'Subject: [PATCH %0*d/%d] %s\n' "$width" "$1" "$2" "$4"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n'
	printf 'Content-Transfer-Encoding: 8bit\n\n'
}

# need_patches: every file of the series is there; the import is made if not.
need_patches()
{
	local file

	"$REPO/ci/import" --if-needed
	while read -r file; do
		[ -f "$PATCHES/$file" ] ||
			die "patches/$file is missing: run ci/series refresh, or restore it with git"
	done < <(series_list)
}

# copy_existing TREE DEST PATH...: those of the files that TREE has.
copy_existing()
{
	local tree=$1 dest=$2 path

	shift 2
	for path; do
		[ -f "$tree/$path" ] || continue
		mkdir -p "$(dirname "$dest/$path")" &&
		cp -p "$tree/$path" "$dest/$path" || return 1
	done
}

# stage_series TREE STAGE [PATCH_OPTION...]: fills the empty directory STAGE
# with TREE's copies of the files that the series touches and applies the
# series to them; TREE is only read. patch's words go to STAGE.log. On failure
# returns 1, with the patch, file and hunk that do not fit on stdout.
stage_series()
{
	local tree=$1 stage=$2 file out
	local -a paths patches

	shift 2
	mapfile -t patches < <(series_list)
	mapfile -t paths < <(cd "$PATCHES" && patch_paths "${patches[@]}")
	if ! out=$(copy_existing "$tree" "$stage" "${paths[@]}" 2>&1); then
		echo "$out" | tail -n 1
		return 1
	fi
	: >"$stage.log"
	for file in "${patches[@]}"; do
		if ! out=$(patch -d "$stage" -p1 --forward --batch --no-backup-if-mismatch \
				--reject-file=- "$@" -i "$PATCHES/$file" 2>&1); then
			printf '%s\n' "$out" >>"$stage.log"
			printf '%s: %s\n' "$file" "$(patch_complaint "$out")"
			return 1
		fi
		printf '# %s\n%s\n' "$file" "$out" >>"$stage.log"
	done
}

# patch_complaint OUTPUT: file and hunk of the first failure patch speaks of.
patch_complaint()
{
	awk '/^(checking|patching) file / { file = $3 }
	     /No file to patch/ { print "a file it changes is not there"; found = 1; exit }
	     /^Hunk #[0-9]+ FAILED/ { print file " hunk " $2 " does not fit"; found = 1; exit }
	     /would create the file .* already exists/ {
		sub(/.*would create the file /, ""); sub(/,.*/, "")
		print "there is a " $0 " already"; found = 1; exit
	     }
	     /previously applied/ { print "a change is already there"; found = 1; exit }
	     /No space left/ { print "disk full"; found = 1; exit }
	     { last = $0 }
	     END { if (!found) print file " " last }' <<<"$1"
}
