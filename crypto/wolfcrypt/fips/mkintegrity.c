// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's side of the integrity test. See integrity.h for the format of the
 * digest, and usage() for what this does.
 */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "integrity.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char usage_text[] =
"usage: mkintegrity check OBJECT SERVICES\n"
"       mkintegrity seal IMAGE\n"
"       mkintegrity verify IMAGE\n"
"\n"
"check   Refuses an OBJECT that has code or constants outside of the ranges that are\n"
"        going to be tested, that the kernel would patch at any time, or that refers\n"
"        to anything which SERVICES doesn't list. Writes assembly that makes room for\n"
"        the list of fields that move with the kernel, of what is built in.\n"
"seal    Writes that list and the digest into IMAGE: vmlinux or wolfcrypt.ko.\n"
"verify  Computes the digest anew, and compares. vmlinux may be stripped; the module\n"
"        may be stripped of debug information, and be signed, but not be compressed.\n";

/**
 * struct image - an ELF file in memory
 * @path: its name
 * @data: its bytes
 * @size: how many
 * @ehdr: its header, which is @data
 * @shdrs: its section headers; none in a file that has been stripped of them
 * @shstrtab: their names
 */
struct image {
	const char *path;
	unsigned char *data;
	size_t size;
	const Elf64_Ehdr *ehdr;
	const Elf64_Shdr *shdrs;
	const char *shstrtab;
};

static noreturn void die(const char *path, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "mkintegrity: %s: ", path);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* Bytes of the file, which must have them. */
static void *at(const struct image *img, __u64 offset, __u64 size)
{
	if (offset > img->size || size > img->size - offset)
		die(img->path, "is cut short");
	return img->data + offset;
}

static void load(struct image *img, const char *path, bool writable)
{
	int fd = open(path, writable ? O_RDWR : O_RDONLY);
	struct stat st;

	img->path = path;
	if (fd < 0 || fstat(fd, &st))
		die(path, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size < sizeof(Elf64_Ehdr))
		die(path, "is not an ELF file");
	img->size = st.st_size;
	img->data = mmap(NULL, img->size,
			 PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
			 fd, 0);
	if (img->data == MAP_FAILED)
		die(path, "%s", strerror(errno));
	close(fd);

	img->ehdr = (const void *)img->data;
	if (memcmp(img->ehdr->e_ident, ELFMAG, SELFMAG))
		die(path, "is not an ELF file");
	if (img->ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    img->ehdr->e_ident[EI_DATA] != ELFDATA2LSB ||
	    img->ehdr->e_machine != EM_X86_64)
		die(path, "is not for x86-64");
	if (!img->ehdr->e_shnum)
		return;
	img->shdrs = at(img, img->ehdr->e_shoff,
			img->ehdr->e_shnum * sizeof(Elf64_Shdr));
	if (img->ehdr->e_shstrndx >= img->ehdr->e_shnum)
		die(path, "has no section names");
	img->shstrtab = at(img, img->shdrs[img->ehdr->e_shstrndx].sh_offset, 0);
}

static const char *section_name(const struct image *img, const Elf64_Shdr *shdr)
{
	return img->shstrtab + shdr->sh_name;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* --- check --- */

/*
 * Read-only sections beside the code and the constants: what the kernel's startup
 * and its debuggers read of the code. The kernel patches code by some of them, but
 * not after alternative_instructions().
 */
static const char *const metadata[] = {
	".eh_frame", ".initcall", ".modinfo", ".note.", ".orc_",
	".return_sites", ".retpoline_sites", ".call_sites", ".ibt_endbr_seal",
	".cfi_sites", ".kcfi_traps", ".rodata.wolfcrypt_record", "__bug_table",
	"__param", "__patchable_function_entries",
};

static bool is_metadata(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(metadata); i++) {
		if (has_prefix(name, metadata[i]))
			return true;
	}
	return false;
}

static unsigned int check_sections(const struct image *img)
{
	const Elf64_Shdr *shdr = img->shdrs;
	unsigned int i, errors = 0;

	for (i = 0; i < img->ehdr->e_shnum; i++, shdr++) {
		const char *name = section_name(img, shdr);
		const char *what = NULL;

		if (!(shdr->sh_flags & SHF_ALLOC) || !shdr->sh_size)
			continue;
		if (!strcmp(name, "__jump_table") ||
		    !strcmp(name, ".static_call_sites") ||
		    !strcmp(name, "__mcount_loc") ||
		    !strcmp(name, ".smp_locks"))
			what = "code that the kernel patches at any time";
		else if (shdr->sh_flags & SHF_EXECINSTR && strcmp(name, ".text"))
			what = "code outside of .text";
		else if (!(shdr->sh_flags & (SHF_EXECINSTR | SHF_WRITE)) &&
			 strcmp(name, ".rodata") && !is_metadata(name))
			what = "constants outside of .rodata";
		if (!what)
			continue;
		fprintf(stderr, "mkintegrity: %s: %s: section %s\n", img->path,
			what, name);
		errors++;
	}
	return errors;
}

/* The lines of SERVICES that name something. */
struct services {
	char **names;
	size_t count;
};

static void services_load(struct services *services, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		die(path, "%s", strerror(errno));
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, " \t\n#")] = '\0';
		if (!*line)
			continue;
		services->names = realloc(services->names,
					  (services->count + 1) * sizeof(char *));
		if (!services->names)
			die(path, "%s", strerror(ENOMEM));
		services->names[services->count++] = strdup(line);
	}
	if (ferror(file))
		die(path, "%s", strerror(errno));
	free(line);
	fclose(file);
}

static bool is_service(const struct services *services, const char *symbol)
{
	size_t i;

	for (i = 0; i < services->count; i++) {
		const char *name = services->names[i];
		size_t len = strcspn(name, "*");

		if (name[len] ? !strncmp(symbol, name, len) : !strcmp(symbol, name))
			return true;
	}
	return false;
}

static unsigned int check_services(const struct image *img,
				   const char *services_path)
{
	struct services services = {};
	unsigned int i, errors = 0;

	services_load(&services, services_path);
	for (i = 0; i < img->ehdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &img->shdrs[i];
		const Elf64_Sym *sym, *end;
		const char *strtab;

		if (shdr->sh_type != SHT_SYMTAB)
			continue;
		sym = at(img, shdr->sh_offset, shdr->sh_size);
		end = sym + shdr->sh_size / sizeof(*sym);
		strtab = at(img, img->shdrs[shdr->sh_link].sh_offset, 0);
		for (; sym < end; sym++) {
			const char *name = strtab + sym->st_name;

			if (sym->st_shndx != SHN_UNDEF || !*name ||
			    is_service(&services, name))
				continue;
			fprintf(stderr, "mkintegrity: %s: uses %s, which %s doesn't list\n",
				img->path, name, services_path);
			errors++;
		}
	}
	return errors;
}

/*
 * How many fields of the code and the constants may move, at most: those with an
 * address, and those which are relative to it of what may stay.
 */
static unsigned long count_fields(const struct image *img)
{
	unsigned long count = 0;
	unsigned int i;

	for (i = 0; i < img->ehdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &img->shdrs[i];
		const Elf64_Rela *rela, *end;
		const Elf64_Sym *symtab;
		const char *target;

		if (shdr->sh_type != SHT_RELA || shdr->sh_info >= img->ehdr->e_shnum)
			continue;
		target = section_name(img, &img->shdrs[shdr->sh_info]);
		if (strcmp(target, ".text") && strcmp(target, ".rodata"))
			continue;
		symtab = at(img, img->shdrs[shdr->sh_link].sh_offset, 0);
		rela = at(img, shdr->sh_offset, shdr->sh_size);
		end = rela + shdr->sh_size / sizeof(*rela);
		for (; rela < end; rela++) {
			const Elf64_Sym *sym = &symtab[ELF64_R_SYM(rela->r_info)];

			switch (ELF64_R_TYPE(rela->r_info)) {
			case R_X86_64_64:
			case R_X86_64_32:
			case R_X86_64_32S:
				count++;
				break;
			case R_X86_64_PC32:
				count += sym->st_shndx == SHN_UNDEF;
				break;
			}
		}
	}
	return count;
}

static int check(const char *path, const char *services_path)
{
	struct image img = {};
	unsigned int errors;

	load(&img, path, false);
	if (img.ehdr->e_type != ET_REL || !img.shdrs)
		die(path, "is not a relocatable object");
	errors = check_sections(&img) + check_services(&img, services_path);
	if (errors)
		die(path, "not within the boundary of a FIPS module");

	printf("#ifndef MODULE\n"
	       "\t.section .wolfcrypt_relocs, \"a\"\n"
	       "\t.balign 4\n"
	       "\t.fill %lu, 4, %#x\n"
	       "#endif\n"
	       "\t.section .note.GNU-stack, \"\"\n",
	       count_fields(&img), WOLFCRYPT_RELOC_UNUSED);
	return 0;
}

/* --- the HMAC --- */

static void absorb(EVP_MD_CTX *ctx, const void *data, size_t size)
{
	if (EVP_DigestSignUpdate(ctx, data, size) != 1)
		die("libcrypto", "HMAC fails");
}

static void absorb_u64(EVP_MD_CTX *ctx, __u64 value)
{
	unsigned char bytes[8];
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = value >> 8 * i;
	absorb(ctx, bytes, sizeof(bytes));
}

static EVP_MD_CTX *mac_start(__u64 text_size, __u64 rodata_size)
{
	static const unsigned char key[] = WOLFCRYPT_INTEGRITY_KEY;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey;

	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, key,
					    sizeof(key) - 1);
	if (!ctx || !pkey ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1)
		die("libcrypto", "HMAC with SHA-256 is not to be had");
	EVP_PKEY_free(pkey);
	absorb(ctx, WOLFCRYPT_INTEGRITY_MAGIC, WOLFCRYPT_INTEGRITY_MAGIC_SIZE);
	absorb_u64(ctx, text_size);
	absorb_u64(ctx, rodata_size);
	return ctx;
}

static void mac_finish(EVP_MD_CTX *ctx, unsigned char *digest)
{
	size_t size = WOLFCRYPT_INTEGRITY_DIGEST_SIZE;

	if (EVP_DigestSignFinal(ctx, digest, &size) != 1)
		die("libcrypto", "HMAC fails");
	EVP_MD_CTX_free(ctx);
}

/* --- seal, verify: of vmlinux --- */

/* Where what is linked to be at @addr is in the file. */
static unsigned char *at_addr(const struct image *img, __u64 addr, __u64 size)
{
	const Elf64_Phdr *phdr;
	unsigned int i;

	phdr = at(img, img->ehdr->e_phoff, img->ehdr->e_phnum * sizeof(*phdr));
	for (i = 0; i < img->ehdr->e_phnum; i++, phdr++) {
		if (phdr->p_type == PT_LOAD && addr >= phdr->p_vaddr &&
		    addr - phdr->p_vaddr <= phdr->p_filesz &&
		    size <= phdr->p_filesz - (addr - phdr->p_vaddr))
			return at(img, phdr->p_offset + addr - phdr->p_vaddr, size);
	}
	die(img->path, "has nothing at %#llx", (unsigned long long)addr);
}

static struct wolfcrypt_integrity_record *find_record(const struct image *img)
{
	const size_t align = 16;	/* of the record, in memory and in the file */
	struct wolfcrypt_integrity_record *rec = NULL;
	size_t pos;

	for (pos = 0; pos + sizeof(*rec) <= img->size; pos += align) {
		if (memcmp(img->data + pos, WOLFCRYPT_INTEGRITY_MAGIC,
			   WOLFCRYPT_INTEGRITY_MAGIC_SIZE))
			continue;
		if (rec)
			die(img->path, "has two records of wolfCrypt's integrity");
		rec = (void *)(img->data + pos);
	}
	if (!rec)
		die(img->path, "has no record of wolfCrypt's integrity");
	return rec;
}

static void check_record(const struct image *img,
			 const struct wolfcrypt_integrity_record *rec)
{
	if (rec->text_start >= rec->text_end || rec->rodata_start >= rec->rodata_end ||
	    rec->relocs_start < rec->rodata_start ||
	    rec->relocs_start > rec->relocs_end || rec->relocs_end > rec->rodata_end)
		die(img->path, "has a damaged record of wolfCrypt's integrity");
}

static int compare_u32(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/**
 * struct fields - fields that move
 * @entries: as in the image
 * @count: of @entries
 * @max: how many the image has room for
 */
struct fields {
	__u32 *entries;
	size_t count;
	size_t max;
};

static void add_field(const struct image *img, struct fields *fields,
		      __u64 offset, __u32 type)
{
	if (fields->count == fields->max)
		die(img->path, "has more fields that move than there is room for");
	if (offset > WOLFCRYPT_RELOC_UNUSED >> WOLFCRYPT_RELOC_SHIFT)
		die(img->path, "has too much code");
	fields->entries[fields->count++] = offset << WOLFCRYPT_RELOC_SHIFT | type;
}

/*
 * Per-CPU symbols of a kernel that links them from address 0 on: they stay where
 * they are. The three exceptions are defined in the linker script, in no section of
 * their own.
 */
static bool is_percpu(const struct image *img, const Elf64_Sym *sym,
		      const char *name)
{
	const Elf64_Shdr *shdr;

	if (sym->st_shndx >= img->ehdr->e_shnum)
		return false;
	shdr = &img->shdrs[sym->st_shndx];
	return !strcmp(section_name(img, shdr), ".data..percpu") &&
		!shdr->sh_addr && strcmp(name, "__init_begin") &&
		strcmp(name, "__per_cpu_load") && !has_prefix(name, "init_per_cpu_");
}

/*
 * The kernel's arch/x86/tools/relocs decides likewise what the decompressor moves.
 */
static void collect_fields(const struct image *img,
			   const struct wolfcrypt_integrity_record *rec,
			   const Elf64_Shdr *shdr, struct fields *fields)
{
	const Elf64_Shdr *symtab_shdr = &img->shdrs[shdr->sh_link];
	const Elf64_Sym *symtab = at(img, symtab_shdr->sh_offset, 0);
	const char *strtab = at(img, img->shdrs[symtab_shdr->sh_link].sh_offset, 0);
	const Elf64_Rela *rela = at(img, shdr->sh_offset, shdr->sh_size);
	const Elf64_Rela *end = rela + shdr->sh_size / sizeof(*rela);

	for (; rela < end; rela++) {
		const Elf64_Sym *sym = &symtab[ELF64_R_SYM(rela->r_info)];
		const char *name = strtab + sym->st_name;
		bool percpu = is_percpu(img, sym, name);
		__u64 offset;

		/* Weak and not there; and what kCFI compares of a function's type. */
		if (sym->st_shndx == SHN_UNDEF ||
		    (sym->st_shndx == SHN_ABS && has_prefix(name, "__kcfi_typeid_")))
			continue;

		if (rela->r_offset >= rec->text_start && rela->r_offset < rec->text_end)
			offset = rela->r_offset - rec->text_start;
		else if (rela->r_offset >= rec->rodata_start &&
			 rela->r_offset < rec->rodata_end)
			offset = rela->r_offset - rec->rodata_start +
				 rec->text_end - rec->text_start;
		else
			continue;

		switch (ELF64_R_TYPE(rela->r_info)) {
		case R_X86_64_NONE:
			break;
		case R_X86_64_64:
		case R_X86_64_32:
		case R_X86_64_32S:
			if (sym->st_shndx == SHN_ABS)
				die(img->path, "the module refers to the absolute symbol %s",
				    name);
			if (percpu)
				break;
			add_field(img, fields, offset,
				  ELF64_R_TYPE(rela->r_info) == R_X86_64_64 ?
				  WOLFCRYPT_RELOC_ABS64 : WOLFCRYPT_RELOC_ABS32);
			break;
		case R_X86_64_PC32:
		case R_X86_64_PLT32:
			if (percpu)
				add_field(img, fields, offset, WOLFCRYPT_RELOC_NEG32);
			break;
		default:
			die(img->path, "the module has a relocation of type %u",
			    (unsigned int)ELF64_R_TYPE(rela->r_info));
		}
	}
}

/* A kernel that can't move is linked without keeping relocations. */
static void write_fields(const struct image *img,
			 const struct wolfcrypt_integrity_record *rec)
{
	__u64 size = rec->relocs_end - rec->relocs_start;
	struct fields fields = {
		.entries = (void *)at_addr(img, rec->relocs_start, size),
		.max = size / sizeof(__u32),
	};
	unsigned int i;

	memset(fields.entries, 0xff, size);
	for (i = 0; i < img->ehdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &img->shdrs[i];

		if (shdr->sh_type == SHT_RELA && shdr->sh_info &&
		    shdr->sh_info < img->ehdr->e_shnum &&
		    img->shdrs[shdr->sh_info].sh_flags & SHF_ALLOC)
			collect_fields(img, rec, shdr, &fields);
	}
	qsort(fields.entries, fields.count, sizeof(__u32), compare_u32);
}

static void vmlinux_digest(const struct image *img,
			   const struct wolfcrypt_integrity_record *rec,
			   unsigned char *digest)
{
	__u64 text_size = rec->text_end - rec->text_start;
	__u64 rodata_size = rec->rodata_end - rec->rodata_start;
	EVP_MD_CTX *ctx;

	check_record(img, rec);
	ctx = mac_start(text_size, rodata_size);
	absorb(ctx, at_addr(img, rec->text_start, text_size), text_size);
	absorb(ctx, at_addr(img, rec->rodata_start, rodata_size), rodata_size);
	mac_finish(ctx, digest);
}

/* --- seal, verify: of the module --- */

static unsigned char *section_data(const struct image *img, const Elf64_Shdr *shdr)
{
	return at(img, shdr->sh_offset, shdr->sh_size);
}

static const char *string_at(const struct image *img, unsigned int section,
			     __u32 offset)
{
	const Elf64_Shdr *shdr = &img->shdrs[section];
	const char *strings;

	if (section >= img->ehdr->e_shnum)
		die(img->path, "lacks names");
	strings = (const char *)section_data(img, shdr);
	if (offset >= shdr->sh_size ||
	    !memchr(strings + offset, '\0', shdr->sh_size - offset))
		die(img->path, "has a name that doesn't end");
	return strings + offset;
}

/* As the loader: any relocation is against the one table of symbols. */
static const Elf64_Shdr *find_symtab(const struct image *img)
{
	const Elf64_Shdr *symtab = NULL;
	unsigned int i;

	for (i = 0; i < img->ehdr->e_shnum; i++) {
		if (img->shdrs[i].sh_type == SHT_SYMTAB)
			symtab = &img->shdrs[i];
	}
	if (!symtab)
		die(img->path, "has no symbols, by which its relocations go");
	return symtab;
}

static const Elf64_Sym *symbol_of(const struct image *img, const Elf64_Rela *rela)
{
	const Elf64_Shdr *symtab = find_symtab(img);
	const Elf64_Sym *symbols = (const void *)section_data(img, symtab);
	__u64 index = ELF64_R_SYM(rela->r_info);

	if (index >= symtab->sh_size / sizeof(*symbols))
		die(img->path, "has a relocation against a symbol that isn't there");
	return &symbols[index];
}

/* The relocations of a section: the next one after @rela, or NULL. */
static const Elf64_Rela *next_rela(const struct image *img, unsigned int section,
				   const Elf64_Rela *rela)
{
	bool found = !rela;
	unsigned int i;

	for (i = 0; i < img->ehdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &img->shdrs[i];
		const Elf64_Rela *first, *end;

		if (shdr->sh_type != SHT_RELA || shdr->sh_info != section)
			continue;
		first = (const void *)section_data(img, shdr);
		end = first + shdr->sh_size / sizeof(*first);
		if (rela >= first && rela < end) {
			found = true;
			first = rela + 1;
		}
		if (found && first < end)
			return first;
	}
	return NULL;
}

/**
 * struct range - the code or the constants of a module
 * @section: the number of the section
 * @offset: from the start of that
 * @size: bytes
 * @base: how much comes before it of what is covered, in bytes
 */
struct range {
	unsigned int section;
	__u64 offset;
	__u64 size;
	__u64 base;
};

/* What the field of the record will be: a place in a section. */
static void resolve_field(const struct image *img, const __u64 *field,
			  unsigned int *section, __u64 *offset)
{
	__u64 pos = (const unsigned char *)field - img->data;
	const Elf64_Rela *rela = NULL;
	unsigned int i;

	for (i = 0; i < img->ehdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &img->shdrs[i];

		if (shdr->sh_flags & SHF_ALLOC && shdr->sh_type != SHT_NOBITS &&
		    pos >= shdr->sh_offset && pos - shdr->sh_offset < shdr->sh_size)
			break;
	}
	while (i < img->ehdr->e_shnum && (rela = next_rela(img, i, rela))) {
		const Elf64_Sym *sym;

		if (rela->r_offset != pos - img->shdrs[i].sh_offset ||
		    ELF64_R_TYPE(rela->r_info) != R_X86_64_64)
			continue;
		sym = symbol_of(img, rela);
		if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= img->ehdr->e_shnum)
			break;
		*section = sym->st_shndx;
		*offset = sym->st_value + rela->r_addend;
		return;
	}
	die(img->path, "has a damaged record of wolfCrypt's integrity");
}

static struct range find_range(const struct image *img, const __u64 *start,
			       const __u64 *end)
{
	const Elf64_Shdr *shdr;
	unsigned int last;
	struct range range = {};
	__u64 limit;

	resolve_field(img, start, &range.section, &range.offset);
	resolve_field(img, end, &last, &limit);
	shdr = &img->shdrs[range.section];
	if (last != range.section || range.offset >= limit || limit > shdr->sh_size ||
	    shdr->sh_type == SHT_NOBITS)
		die(img->path, "has a damaged record of wolfCrypt's integrity");
	range.size = limit - range.offset;
	return range;
}

static void absorb_range(EVP_MD_CTX *ctx, const struct image *img,
			 const struct range *range)
{
	absorb(ctx, section_data(img, &img->shdrs[range->section]) + range->offset,
	       range->size);
}

static void absorb_reloc(EVP_MD_CTX *ctx, const struct image *img,
			 const struct range *range, const Elf64_Rela *rela)
{
	const Elf64_Sym *sym = symbol_of(img, rela);
	__u64 kind = WOLFCRYPT_SYMBOL_SECTION, value = sym->st_value;
	const char *name = "";

	if (sym->st_shndx == SHN_UNDEF) {
		kind = WOLFCRYPT_SYMBOL_UNDEFINED;
		value = 0;
		name = string_at(img, find_symtab(img)->sh_link, sym->st_name);
	} else if (sym->st_shndx == SHN_ABS) {
		kind = WOLFCRYPT_SYMBOL_ABSOLUTE;
	} else if (sym->st_shndx < img->ehdr->e_shnum) {
		name = string_at(img, img->ehdr->e_shstrndx,
				 img->shdrs[sym->st_shndx].sh_name);
	} else {
		die(img->path, "has a relocation against a symbol of no section");
	}

	absorb_u64(ctx, range->base + rela->r_offset - range->offset);
	absorb_u64(ctx, ELF64_R_TYPE(rela->r_info));
	absorb_u64(ctx, rela->r_addend);
	absorb_u64(ctx, kind);
	absorb_u64(ctx, value);
	absorb(ctx, name, strlen(name) + 1);
}

static void absorb_relocs(EVP_MD_CTX *ctx, const struct image *img,
			  const struct range *range)
{
	const __u64 before = WOLFCRYPT_RELOC_MAX_SIZE - 1;
	const Elf64_Rela *rela = NULL;

	while ((rela = next_rela(img, range->section, rela))) {
		if (rela->r_offset + before - range->offset < range->size + before)
			absorb_reloc(ctx, img, range, rela);
	}
}

static void module_digest(const struct image *img,
			  const struct wolfcrypt_integrity_record *rec,
			  unsigned char *digest)
{
	struct range text = find_range(img, &rec->text_start, &rec->text_end);
	struct range rodata = find_range(img, &rec->rodata_start, &rec->rodata_end);
	EVP_MD_CTX *ctx = mac_start(text.size, rodata.size);

	rodata.base = text.size;
	absorb_range(ctx, img, &text);
	absorb_range(ctx, img, &rodata);
	absorb_relocs(ctx, img, &text);
	absorb_relocs(ctx, img, &rodata);
	mac_finish(ctx, digest);
}

/* --- seal, verify --- */

static bool is_module(const struct image *img)
{
	if (img->ehdr->e_type != ET_REL)
		return false;
	if (!img->shdrs)
		die(img->path, "has no sections");
	find_symtab(img);
	return true;
}

static int seal(const char *path)
{
	struct wolfcrypt_integrity_record *rec;
	struct image img = {};

	load(&img, path, true);
	rec = find_record(&img);
	if (is_module(&img)) {
		module_digest(&img, rec, rec->digest);
	} else {
		check_record(&img, rec);
		write_fields(&img, rec);
		vmlinux_digest(&img, rec, rec->digest);
	}
	if (msync(img.data, img.size, MS_SYNC))
		die(path, "%s", strerror(errno));
	return 0;
}

static int verify(const char *path)
{
	unsigned char digest[WOLFCRYPT_INTEGRITY_DIGEST_SIZE];
	const struct wolfcrypt_integrity_record *rec;
	struct image img = {};
	bool pass;
	size_t i;

	load(&img, path, false);
	rec = find_record(&img);
	if (is_module(&img))
		module_digest(&img, rec, digest);
	else
		vmlinux_digest(&img, rec, digest);
	pass = !memcmp(digest, rec->digest, sizeof(digest));
	printf("%s: ", path);
	for (i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf(" %s\n", pass ? "pass" : "FAIL");
	return pass ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "check"))
		return check(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "seal"))
		return seal(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "verify"))
		return verify(argv[2]);
	fputs(usage_text, stderr);
	return 2;
}
