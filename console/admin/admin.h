/*
 * The admin socket: what an operator asks of a running daemon, on a unix
 * socket in the state directory that only its user and root may open.
 *
 * A request is one line of JSON, {"command":"status"}; the answer is lines of
 * JSON, the last with "done":true, or "error":"…" when it went wrong. Worker 0
 * answers, asking the others with letters.
 */
#ifndef RINGPOST_ADMIN_ADMIN_H
#define RINGPOST_ADMIN_ADMIN_H

struct admin;
struct daemon;

/* In worker 0. NULL with FAILURE_RESOURCE; the daemon then runs without. */
struct admin *admin_open(struct daemon *daemon);
/* Ends every conversation; takes no new one. */
void admin_close(struct admin *admin);
/* When no worker runs any more. */
void admin_destroy(struct admin **admin);

#endif
