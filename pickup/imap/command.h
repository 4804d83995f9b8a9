/* Commands of IMAP, taken apart (RFC 9051, RFC 3501, and the extensions named). */
#ifndef RINGPOST_IMAP_COMMAND_H
#define RINGPOST_IMAP_COMMAND_H

#include "imap/fetch_items.h"
#include "imap/lex.h"
#include "imap/mailbox_commands.h"
#include "imap/metadata.h"
#include "imap/search_keys.h"

enum imap_verb {
	IMAP_UNKNOWN,
	/* any state */
	IMAP_CAPABILITY,
	IMAP_NOOP,
	IMAP_LOGOUT,
	IMAP_ID,
	/* before login */
	IMAP_STARTTLS,
	IMAP_AUTHENTICATE,
	IMAP_LOGIN,
	/* after it */
	IMAP_ENABLE,
	IMAP_SELECT,
	IMAP_EXAMINE,
	IMAP_CREATE,
	IMAP_DELETE,
	IMAP_RENAME,
	IMAP_SUBSCRIBE,
	IMAP_UNSUBSCRIBE,
	IMAP_LIST,
	IMAP_LSUB,
	IMAP_XLIST,
	IMAP_NAMESPACE,
	IMAP_STATUS,
	IMAP_APPEND,
	IMAP_IDLE,
	IMAP_COMPRESS,
	IMAP_GETQUOTA,
	IMAP_GETQUOTAROOT,
	IMAP_SETQUOTA,
	IMAP_GETACL,
	IMAP_SETACL,
	IMAP_DELETEACL,
	IMAP_LISTRIGHTS,
	IMAP_MYRIGHTS,
	IMAP_GETMETADATA,
	IMAP_SETMETADATA,
	/* with a mailbox selected */
	IMAP_CHECK,
	IMAP_CLOSE,
	IMAP_UNSELECT,
	IMAP_EXPUNGE,
	IMAP_FETCH,
	IMAP_STORE,
	IMAP_COPY,
	IMAP_MOVE,
	IMAP_REPLACE,
	IMAP_SEARCH,
	IMAP_SORT,
	IMAP_THREAD,
	IMAP_UIDBATCHES,
	IMAP_VERBS,
};

enum imap_needs { IMAP_ANY, IMAP_BEFORE_LOGIN, IMAP_AFTER_LOGIN, IMAP_SELECTED };

struct imap_command {
	struct slice tag; /* empty: it had none that is one */
	enum imap_verb verb;
	bool uid; /* UID FETCH, … */
	union {
		struct imap_id id;
		struct imap_words words; /* ENABLE */
		struct imap_authenticate authenticate;
		struct imap_login login;
		struct imap_select select; /* and EXAMINE */
		struct imap_create create;
		struct imap_rename rename;
		struct slice mailbox;  /* DELETE, SUBSCRIBE, UNSUBSCRIBE, GETQUOTAROOT,
					  GETACL, MYRIGHTS */
		struct imap_list list; /* and LSUB, XLIST */
		struct imap_status status;
		struct imap_append append; /* and REPLACE: up to the first message */
		struct imap_quota quota;   /* GETQUOTA, SETQUOTA */
		struct imap_acl acl;	   /* SETACL, DELETEACL, LISTRIGHTS */
		struct imap_metadata metadata;
		struct imap_set expunge; /* UID EXPUNGE's */
		struct imap_fetch fetch;
		struct imap_store store;
		struct imap_copy copy;	     /* and MOVE */
		struct imap_search search;   /* and SORT, THREAD */
		struct imap_batches batches; /* UIDBATCHES */
	};
};

/* "FETCH"; the state it may be given in. */
const char *imap_verb_name(enum imap_verb verb);
enum imap_needs imap_verb_needs(enum imap_verb verb);
/* A message follows, which is not collected: IMAP_STREAM. */
bool imap_verb_takes_message(enum imap_verb verb);

#endif
