/* What the files of the lexer share. */
#ifndef RINGPOST_IMAP_LEX_CORE_H
#define RINGPOST_IMAP_LEX_CORE_H

#include "imap/lex.h"

bool lex_is_atom_char(char c);
/* The longest beginning of which every character IS; maybe none. */
struct slice lex_take(struct lex *lex, bool (*is)(char c));

#endif
