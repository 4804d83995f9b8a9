/*
 * The words of a command (RFC 9051 9), taken off its text one by one. The first
 * that is not what it should be leaves an error, and all behind it fail.
 */
#ifndef RINGPOST_IMAP_LEX_H
#define RINGPOST_IMAP_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "imap/flags.h"
#include "imap/set.h"

/* How a command that is none is answered: "BAD text", "NO [code] text". */
struct imap_error {
	const char *text; /* static; NULL: there is none */
	const char *code; /* static, or NULL */
	bool no;
};

struct lex {
	struct slice rest;
	struct arena *arena; /* what is not as written lives there */
	bool utf8;	     /* names are UTF-8, not UTF-7 */
	struct imap_error error;
};

/* Leave the error; false. */
bool lex_bad(struct lex *lex, const char *text);
bool lex_no(struct lex *lex, const char *code, const char *text);

/* Characters. _is_ takes nothing, _if_ takes it or nothing and leaves no error. */
bool lex_is_char(const struct lex *lex, char c);
bool lex_if_char(struct lex *lex, char c);
bool lex_char(struct lex *lex, char c);
bool lex_space(struct lex *lex);
/* The line's end: CRLF or LF, maybe behind spaces, which some leave there. */
bool lex_end(struct lex *lex);
bool lex_is_end(const struct lex *lex);

/* 1*ATOM-CHAR. */
bool lex_atom(struct lex *lex, struct slice *atom_r);
/* The atom, if it is WORD (any case). */
bool lex_if_word(struct lex *lex, const char *word);
bool lex_word(struct lex *lex, const char *word);
bool lex_number(struct lex *lex, uint32_t *number_r);
bool lex_nonzero(struct lex *lex, uint32_t *number_r);
/* number64; RFC 7162's mod-sequences are such, too. */
bool lex_number64(struct lex *lex, uint64_t *number_r);
/* Quoted, or a literal; whatever its bytes. */
bool lex_string(struct lex *lex, struct slice *text_r);
bool lex_astring(struct lex *lex, struct slice *text_r);
/* at NULL: NIL. */
bool lex_nstring(struct lex *lex, struct slice *text_r);
/* In NFC, INBOX in capitals; a name nobody may have is answered NO. */
bool lex_mailbox(struct lex *lex, struct slice *name_r);
/* … with '%' and '*' in it; one that is no name is left as it is, nothing matches
 * it. */
bool lex_list_mailbox(struct lex *lex, struct slice *pattern_r);
bool lex_set(struct lex *lex, struct imap_set *set_r);
/* "(\Seen $Junk)", or without the parentheses. */
bool lex_flags(struct lex *lex, bool bare_too, struct imap_flags *flags_r);
bool lex_keyword(struct lex *lex, struct slice *keyword_r);
/* "\Word" */
bool lex_backslashed(struct lex *lex, struct slice *word_r);
/* Days since 1970; milliseconds since 1970. */
bool lex_date(struct lex *lex, int64_t *day_r);
bool lex_date_time(struct lex *lex, int64_t *ms_r);
/*
 * A literal's announcement, "{12}" or "~{12+}" and the line's end, whose bytes are
 * not there.
 */
bool lex_announced(struct lex *lex, uint64_t *size_r, bool *binary_r);

/* A decoded name's form: NFC, INBOX in capitals. False: nobody may have it. */
bool imap_name_read(
	struct arena *arena, struct slice text, bool utf8, struct slice *name_r);

#endif
