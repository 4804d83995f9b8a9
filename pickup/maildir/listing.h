/* What is in a Maildir++: read at once, on a thread of the pool. */
#ifndef RINGPOST_MAILDIR_LISTING_H
#define RINGPOST_MAILDIR_LISTING_H

#include "maildir/names.h"
#include "run/deadline.h"

#define LISTING_FOLDERS_MAX 10000
#define LISTING_FILES_MAX   20000000

struct listed_file {
	struct slice name; /* without its folder */
	bool is_new;	   /* in new/ */
};
struct listed_folder {
	struct slice path; /* with the Maildir's */
	struct slice name; /* of the mailbox */
	struct slice keywords[LETTERS];
	struct listed_file *files; /* in order of their names */
	size_t count;
};
struct listing {
	struct listed_folder *folders;
	size_t count;
	struct slice *subscribed; /* mailboxes */
	size_t subscribed_count;
	uint64_t skipped; /* folders */
};

/* In the arena. FAILURE_FILE: it is no Maildir, or cannot be read. */
bool listing_read(const char *folder, struct arena *arena, struct listing *listing_r,
	struct deadline deadline);

#endif
