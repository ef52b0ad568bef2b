// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The integrity test of the loadable module: the digest of its file.
 *
 * The loader makes the module of the file by relocations, and then patches it. So the
 * digest is not that of what is in memory, but of what that was made of: the bytes of
 * the file, and the relocations. The loader's own copy of the file has both, as it
 * changes nothing in it but struct module and the section headers, which tell where it
 * has put things (and symbols, but not with CONFIG_KALLSYMS, where it moves these first).
 *
 * The loader has used the file by now, but not all that it took for granted is good
 * enough here: a changed bit mustn't lead out of the copy.
 */

#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/moduleloader.h>
#include <linux/string.h>
#include <linux/types.h>

#include "integrity.h"
#include "integrity-mac.h"

/* Filled in by the loader. What it points to is gone after the init function. */
static struct module_image image __used __section(MODULE_IMAGE_SECTION);

/**
 * struct elf_file - a relocatable object of ELF
 * @data: its bytes
 * @len: their number
 * @hdr: its header, which is @data
 * @sections: the section headers
 * @symtab: that of the symbols
 * @symbols: the symbols
 */
struct elf_file {
	const u8 *data;
	size_t len;
	const Elf64_Ehdr *hdr;
	const Elf64_Shdr *sections;
	const Elf64_Shdr *symtab;
	const Elf64_Sym *symbols;
};

/**
 * struct elf_range - the code or the constants, in the file
 * @section: the number of the section
 * @offset: from the start of that
 * @size: bytes
 * @base: how much comes before it of what is covered, in bytes
 */
struct elf_range {
	unsigned int section;
	u64 offset;
	u64 size;
	u64 base;
};

/* Bytes of the file; NULL if it hasn't got them. */
static const void *file_at(const struct elf_file *file, u64 offset, u64 size)
{
	if (offset > file->len || size > file->len - offset)
		return NULL;
	return file->data + offset;
}

static const void *section_data(const struct elf_file *file, const Elf64_Shdr *shdr)
{
	return file_at(file, shdr->sh_offset, shdr->sh_size);
}

/* A string of a section of such; NULL if it doesn't end there. */
static const char *string_at(const struct elf_file *file, unsigned int section,
			     u32 offset)
{
	const Elf64_Shdr *shdr;
	const char *strings;
	u64 room;

	if (section >= file->hdr->e_shnum)
		return NULL;
	shdr = &file->sections[section];
	strings = section_data(file, shdr);
	if (!strings || offset >= shdr->sh_size)
		return NULL;
	room = shdr->sh_size - offset;
	return strnlen(strings + offset, room) < room ? strings + offset : NULL;
}

static bool open_file(struct elf_file *file)
{
	unsigned int i;

	file->data = READ_ONCE(image.data);
	file->len = READ_ONCE(image.len);
	if (!file->data || file->len > INT_MAX)
		return false;
	file->hdr = file_at(file, 0, sizeof(*file->hdr));
	if (!file->hdr)
		return false;
	file->sections = file_at(file, file->hdr->e_shoff,
				 file->hdr->e_shnum * sizeof(Elf64_Shdr));
	if (!file->sections)
		return false;

	/* The loader takes no file with two of them. */
	for (i = 0; i < file->hdr->e_shnum; i++) {
		if (file->sections[i].sh_type == SHT_SYMTAB)
			file->symtab = &file->sections[i];
	}
	if (!file->symtab)
		return false;
	file->symbols = section_data(file, file->symtab);
	return file->symbols;
}

/* Where that is in the file which the loader has put at @start. */
static bool find_range(const struct elf_file *file, const u8 *start, const u8 *end,
		       struct elf_range *range)
{
	unsigned long from = (unsigned long)start, to = (unsigned long)end;
	unsigned int i;

	for (i = 1; i < file->hdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &file->sections[i];

		if (!(shdr->sh_flags & SHF_ALLOC) || shdr->sh_type == SHT_NOBITS ||
		    from < shdr->sh_addr || from - shdr->sh_addr >= shdr->sh_size ||
		    to < from || to - shdr->sh_addr > shdr->sh_size)
			continue;
		range->section = i;
		range->offset = from - shdr->sh_addr;
		range->size = to - from;
		return section_data(file, shdr);
	}
	return false;
}

static void absorb_range(struct wolfcrypt_integrity_mac *mac,
			 const struct elf_file *file, const struct elf_range *range)
{
	const u8 *data = section_data(file, &file->sections[range->section]);

	wolfcrypt_integrity_mac_update(mac, data + range->offset, range->size);
}

static bool absorb_reloc(struct wolfcrypt_integrity_mac *mac,
			 const struct elf_file *file, const struct elf_range *range,
			 const Elf64_Rela *rela)
{
	u64 index = ELF64_R_SYM(rela->r_info);
	u64 kind = WOLFCRYPT_SYMBOL_SECTION;
	const Elf64_Sym *sym;
	const char *name;
	__le64 words[5];
	u64 value;

	if (index >= file->symtab->sh_size / sizeof(*sym))
		return false;
	sym = &file->symbols[index];
	value = sym->st_value;

	if (sym->st_shndx == SHN_UNDEF) {
		kind = WOLFCRYPT_SYMBOL_UNDEFINED;
		value = 0;
		name = string_at(file, file->symtab->sh_link, sym->st_name);
	} else if (sym->st_shndx == SHN_ABS) {
		kind = WOLFCRYPT_SYMBOL_ABSOLUTE;
		name = "";
	} else if (sym->st_shndx < file->hdr->e_shnum) {
		name = string_at(file, file->hdr->e_shstrndx,
				 file->sections[sym->st_shndx].sh_name);
	} else {
		return false;
	}
	if (!name)
		return false;

	words[0] = cpu_to_le64(range->base + rela->r_offset - range->offset);
	words[1] = cpu_to_le64(ELF64_R_TYPE(rela->r_info));
	words[2] = cpu_to_le64(rela->r_addend);
	words[3] = cpu_to_le64(kind);
	words[4] = cpu_to_le64(value);
	wolfcrypt_integrity_mac_update(mac, words, sizeof(words));
	wolfcrypt_integrity_mac_update(mac, name, strlen(name) + 1);
	return true;
}

/* May a relocation at @offset of the section change a byte of the range? */
static bool reaches_range(const struct elf_range *range, u64 offset)
{
	const unsigned int before = WOLFCRYPT_RELOC_MAX_SIZE - 1;

	return offset + before - range->offset < range->size + before;
}

static bool absorb_relocs(struct wolfcrypt_integrity_mac *mac,
			  const struct elf_file *file, const struct elf_range *range)
{
	unsigned int i;

	for (i = 0; i < file->hdr->e_shnum; i++) {
		const Elf64_Shdr *shdr = &file->sections[i];
		const Elf64_Rela *rela, *end;

		if (shdr->sh_type != SHT_RELA || shdr->sh_info != range->section)
			continue;
		rela = section_data(file, shdr);
		if (!rela)
			return false;
		end = rela + shdr->sh_size / sizeof(*rela);
		for (; rela < end; rela++) {
			if (reaches_range(range, rela->r_offset) &&
			    !absorb_reloc(mac, file, range, rela))
				return false;
		}
	}
	return true;
}

/**
 * wolfcrypt_integrity_file_digest() - the digest of the module as it was in its file
 * @out: WOLFCRYPT_INTEGRITY_DIGEST_SIZE bytes
 *
 * Context: the module's init function.
 * Return: false if there is none, as the file is damaged or isn't there.
 */
bool wolfcrypt_integrity_file_digest(u8 *out)
{
	struct elf_range text = {}, rodata = {};
	struct wolfcrypt_integrity_mac mac;
	struct elf_file file = {};
	bool complete;

	if (!open_file(&file) ||
	    !find_range(&file, wolfcrypt_text_start, wolfcrypt_text_end, &text) ||
	    !find_range(&file, wolfcrypt_rodata_start, wolfcrypt_rodata_end, &rodata))
		return false;
	rodata.base = text.size;

	wolfcrypt_integrity_mac_start(&mac, text.size, rodata.size);
	absorb_range(&mac, &file, &text);
	absorb_range(&mac, &file, &rodata);
	complete = absorb_relocs(&mac, &file, &text) &&
		   absorb_relocs(&mac, &file, &rodata);
	wolfcrypt_integrity_mac_finish(&mac, out);
	return complete;
}
