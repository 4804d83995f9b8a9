/* What the files that read commands share: one function for each form. */
#ifndef RINGPOST_IMAP_PARSE_CORE_H
#define RINGPOST_IMAP_PARSE_CORE_H

#include "imap/command.h"

/* Each begins at the space behind the verb (or where it would be), and leaves the
 * command's end. */
typedef bool imap_parser(struct lex *lex, struct imap_command *command);

imap_parser imap_parse_id, imap_parse_words, imap_parse_authenticate, imap_parse_login;
imap_parser imap_parse_select, imap_parse_create, imap_parse_rename;
imap_parser imap_parse_mailbox, imap_parse_status;
imap_parser imap_parse_list, imap_parse_lsub;
imap_parser imap_parse_append_first, imap_parse_replace;
imap_parser imap_parse_compress, imap_parse_getquota, imap_parse_setquota;
imap_parser imap_parse_setacl, imap_parse_acl;
imap_parser imap_parse_getmetadata, imap_parse_setmetadata;
imap_parser imap_parse_expunge, imap_parse_fetch, imap_parse_store, imap_parse_copy;
imap_parser imap_parse_batches, imap_parse_search, imap_parse_sort, imap_parse_thread;

/* "1:100", "-1:-100" (RFC 9394) */
bool imap_parse_partial(struct lex *lex, int64_t *first_r, int64_t *last_r);
/* "(MESSAGES UNSEEN)" */
bool imap_parse_status_items(struct lex *lex, unsigned *items_r);
/* Keys up to the end of the command or the ')' around them. CHARSET: theirs. */
bool imap_parse_keys(struct lex *lex, struct slice charset, struct imap_search *search);

#endif
