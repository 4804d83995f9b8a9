/* A session's inside, shared by the files of the IMAP dialogue. */
#ifndef RINGPOST_IMAP_SERVER_DIALOGUE_H
#define RINGPOST_IMAP_SERVER_DIALOGUE_H

#include "imap/collect.h"
#include "imap/command.h"
#include "imap/fetch_write.h"
#include "imap_server/server.h"
#include "store/view.h"

/* Literals and whole commands behind the login. */
#define IMAP_LITERAL_MAX ((size_t)1 << 20)
#define IMAP_COMMAND_MAX ((size_t)4 << 20)
#define IMAP_VISITS_MAX	 2   /* other accounts in one command */
#define IMAP_TAG_KEPT	 256 /* of a command that waits without its memory */

struct imap_dialogue {
	struct imap_session session;
	const struct imap_server_options *options;
	struct deadline end;
	struct imap_collector collector;
	struct buffer out;	  /* said, not on its way yet */
	struct arena arena;	  /* of the command at hand */
	struct slice tag;	  /* of it */
	bool answered;		  /* its last line was said */
	struct deadline patience; /* until its client is told how far it is */
	bool ended;		  /* say nothing more, leave */
	struct store_port *port;
	struct store_account *account; /* somebody has logged in */
	struct store_port *visitor; /* for what is others'; NULL: not yet (others.h) */
	struct store_account *visited[IMAP_VISITS_MAX]; /* by the command at hand */
	size_t visited_count;
	/* ENABLE, and what counts as one. */
	bool condstore, qresync, utf8, rev2, uid_only, compressed;
	/* With a mailbox selected: */
	struct view *view;
	uint32_t keywords_told; /* sets of them, in FLAGS */
	struct uid_set saved;	/* "$": UIDs, in its arena */
	struct arena saved_arena;
	const struct uid_set *own; /* changes that the command tells by itself */
};

/* server.c: false: the login holds no longer, the session ends. */
bool imap_still_holds(struct imap_dialogue *dialogue);

/* --- hear.c --- */
/* The next command, answer or end of a message. False: the session ends, the client
 * was told why. AT_REST: nothing is under way. */
bool imap_hear(struct imap_dialogue *dialogue, bool at_rest, enum imap_collected *how_r,
	struct deadline deadline);
/* Bytes of a message, at most MOST; valid until the next read. */
bool imap_hear_bytes(struct imap_dialogue *dialogue, uint64_t most,
	struct slice *bytes_r, struct deadline deadline);
/* What is left of an APPEND that was refused, if it comes all the same. */
void imap_skip_append(struct imap_dialogue *dialogue, struct deadline deadline);
void imap_end_by(struct imap_dialogue *dialogue, enum conversation_heard heard);

/* --- say.c --- */
/* "TAG OK [CODE] TEXT": the command's last line; CODE may be empty. */
void imap_ok(struct imap_dialogue *dialogue, struct slice code, const char *text);
void imap_no(struct imap_dialogue *dialogue, const char *code, const char *text);
void imap_bad(struct imap_dialogue *dialogue, const char *text);
void imap_bad_number(struct imap_dialogue *dialogue); /* RFC 9586 3.1 */
/* "* BYE TEXT", and the session ends. */
void imap_bye(struct imap_dialogue *dialogue, const char *text);
/* NO, by why the store refused; NONEXISTENT: what to say for that. */
void imap_no_fault(struct imap_dialogue *dialogue, enum store_fault fault,
	const char *nonexistent);
/* What was said goes out. False: the client is gone. */
bool imap_flush(struct imap_dialogue *dialogue, struct deadline deadline);
/* The same, if it is much. */
bool imap_flush_some(struct imap_dialogue *dialogue, struct deadline deadline);

/* --- tell.c --- */
/* What is new in the mailbox is told; EXPUNGES: it is the time for those, too. */
void imap_tell(struct imap_dialogue *dialogue, bool expunges);
/* A response about a message, with its number or its UID. */
void imap_begin_fetch(const struct imap_dialogue *dialogue, struct fetch_writer *writer,
	uint32_t sequence, uint32_t uid);
/* The record's flags as this session sees them, into a response that is begun. */
void imap_write_flags_of(struct imap_dialogue *dialogue, struct fetch_writer *writer,
	const struct record *record);
/* Keywords that were not told of are, before such a response. */
void imap_tell_keywords_of(struct imap_dialogue *dialogue, const struct record *record);
/* FLAGS, and PERMANENTFLAGS. */
void imap_tell_flags(struct imap_dialogue *dialogue);
/* "* N FETCH (FLAGS …)", as it is told unasked, or after STORE. */
void imap_tell_record(struct imap_dialogue *dialogue, uint32_t sequence,
	const struct record *record, bool uid);
/* CONDSTORE is on from now on (RFC 7162 3.1). */
void imap_turn_on_condstore(struct imap_dialogue *dialogue);

/* --- choose.c --- */
/* The messages SET means: ranges of sequence numbers, in the command's arena.
 * False: there are none with such numbers; answered. */
bool imap_choose(struct imap_dialogue *dialogue, const struct imap_set *set, bool uid,
	struct uid_set *chosen_r);
/* Their UIDs, and maybe such as are not there. */
struct uid_set imap_uids_of(
	struct imap_dialogue *dialogue, const struct uid_set *chosen);
/* What both have. */
struct uid_set imap_set_common(struct imap_dialogue *dialogue,
	const struct uid_set *uids, const struct uid_set *others);
/* RFC 9394: those of them from FIRST to LAST. */
struct uid_set imap_part_of(struct imap_dialogue *dialogue, const struct uid_set *set,
	int64_t first, int64_t last);
/* FIRST and LAST from 1; none: LAST is below FIRST. */
void imap_part_range(int64_t all, int64_t *first, int64_t *last);

/* --- select.c --- */
void imap_leave_mailbox(struct imap_dialogue *dialogue, bool say);

/* --- capability.c, mailboxes.c --- */
void imap_write_capabilities(struct imap_dialogue *dialogue, struct buffer *out);
struct imap_offer imap_offer_now(struct imap_dialogue *dialogue);
void imap_status_of(struct imap_dialogue *dialogue, const struct mailbox_entry *entry,
	unsigned items);

#endif
