/*
 * What a session sees of a mailbox: the state it was last told of, which stays as
 * it is until view_sync. Sequence numbers are places in it.
 */
#ifndef RINGPOST_STORE_VIEW_H
#define RINGPOST_STORE_VIEW_H

#include "store/mailbox.h"
#include "state/state.h"
#include "state/uid_set.h"

struct mailbox;
struct watch;
struct guest;

struct view {
	struct store_port *port;
	struct store_account *account; /* held */
	struct mailbox *mailbox;       /* held */
	struct watch *watch;
	struct guest *guest;  /* whose \Seen it is; NULL: the owner's */
	struct state *state;  /* held */
	struct state *newest; /* held: what `state` was last brought up to; the same
				 but for ghosts */
	uint32_t recent_from; /* UIDs from there on are \Recent to this session */
	bool read_only;
};

/* Opens NAME. READ_ONLY: \Recent is not taken from others; who looks at another's
 * mailbox (store_port_as) never takes it. */
struct view *view_open(struct store_port *port, struct store_account *account,
	struct slice name, bool read_only, enum store_fault *fault_r,
	struct deadline deadline);
void view_close(struct view **view);

uint32_t view_uidvalidity(const struct view *view);
uint64_t view_mailbox_id(const struct view *view);
/* The mailbox was removed meanwhile, or may not be read any more: nothing more comes
 * of it. */
bool view_is_gone(const struct view *view);
uint32_t view_recent(const struct view *view); /* how many */
/* The keywords of a set (record.keywords): words with a space between, which last
 * as long as the view. */
struct slice view_keywords(const struct view *view, uint32_t set);
/* The highest number of a set there is; new ones are above it. */
uint32_t view_keyword_sets(const struct view *view);
/* All that any message has or had, each once, whatever its case, and in such an
 * order; in the arena. */
size_t view_all_keywords(
	const struct view *view, struct arena *arena, const struct slice **list_r);

/*
 * Goes on to the newest state and says what is different, in the order in which a
 * client has to hear it. EXPUNGES false: those that are gone stay, as ghosts, and
 * keep their numbers, until it is true.
 */
struct view_teller {
	/* SEQ as it was when those told before it were taken away already. */
	void (*expunged)(void *context, uint32_t seq, uint32_t uid);
	void (*changed)(void *context, uint32_t seq, const struct record *record);
	/* There are COUNT now; told when it grew. */
	void (*exists)(void *context, uint32_t count);
	void *context;
};
void view_sync(struct view *view, bool expunges, const struct view_teller *teller);
bool view_is_behind(const struct view *view);
/* Until it is behind, or gone. False: TIMEOUT, CANCELLED. */
bool view_wait(struct view *view, struct deadline deadline);

/* --- Changes (view_change.c): on the disk when they return true; UIDs that are not
 * there are passed over. The view sees them at its next view_sync. --- */

enum flags_how { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE };
struct flags_change {
	enum flags_how how;
	uint8_t flags;
	struct slice keywords;	  /* words, a space between them */
	uint64_t unchanged_since; /* UINT64_MAX: whatever they are */
};
/* *modified_r: those that unchanged_since forbade, in the arena. */
bool view_change_flags(struct view *view, const struct uid_set *uids,
	const struct flags_change *change, struct arena *arena,
	struct uid_set *modified_r, enum store_fault *fault_r,
	struct deadline deadline);
/* Those of UIDS (NULL: all) that have \Deleted; ANY: whatever their flags. */
bool view_expunge(struct view *view, const struct uid_set *uids, bool any,
	enum store_fault *fault_r, struct deadline deadline);

struct copied {
	uint32_t uidvalidity;	 /* of where they went */
	struct uid_set from, to; /* as many, in the same order */
};
/* MOVE: they are here no more. All or none. */
bool view_copy(struct view *view, const struct uid_set *uids, struct slice to,
	bool move, struct arena *arena, struct copied *copied_r,
	enum store_fault *fault_r, struct deadline deadline);
/* UIDs that are gone since MODSEQ (RFC 7162 3.2.6), in the arena. */
bool view_vanished(struct view *view, uint64_t modseq, struct arena *arena,
	struct uid_set *vanished_r, struct deadline deadline);

#endif
