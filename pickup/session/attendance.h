/*
 * Who is here: how many sessions an address has, and an account, in all workers
 * of the process. As large as there are sessions. Thread safe; nothing here
 * waits.
 */
#ifndef RINGPOST_SESSION_ATTENDANCE_H
#define RINGPOST_SESSION_ATTENDANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct attendance;

/* What is counted, each apart from the others. */
enum attendance_kind {
	ATTENDANCE_ADDRESS,  /* the 16 bytes of an IPv4 mapped address; of an IPv6
				address the first 8 count */
	ATTENDANCE_ACCOUNT,  /* a prepared name */
	ATTENDANCE_MAILDROP, /* a maildrop that POP3 has open */
	ATTENDANCE_KINDS
};

struct attendance *attendance_create(void);
/* Nobody is here any more. */
void attendance_destroy(struct attendance **attendance);

/* One more; false: there are MOST already (0: no limit). */
bool attendance_enter(struct attendance *attendance, enum attendance_kind kind,
	struct slice who, uint64_t most);
/* One of those that entered goes. */
void attendance_leave(
	struct attendance *attendance, enum attendance_kind kind, struct slice who);
uint64_t attendance_count(
	struct attendance *attendance, enum attendance_kind kind, struct slice who);

#endif
