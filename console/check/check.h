/*
 * Everything that could keep `ringpost run` from working, found without
 * starting it.
 */
#ifndef RINGPOST_CHECK_CHECK_H
#define RINGPOST_CHECK_CHECK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/config.h"

#include "client/arguments.h"

struct passwd;

struct check {
	struct config *config;
	struct buffer errors;	/* lines "path:line:column: …" */
	struct buffer warnings; /* likewise: works, but look at it */
};

/* One more line, with the place of MEMBER in front unless it has one. */
void check_error(struct check *check, const void *member, const char *text);
void check_warning(struct check *check, const void *member, const char *text);

/* host.c: ports, user, state directory, programs, readable files. SOCKET:
 * of the daemon that may hold the ports itself. */
void check_host(struct check *check, const char *socket);
/* files.c: the files it names. USER: who will serve, NULL: we. */
void check_files(struct check *check, const struct passwd *user);
/* access(2) as that user, in a child of ours. */
bool check_user_may(const struct passwd *user, const char *path, int mode);
/* network.c: Redis and DNS servers that answer; warnings only. */
void check_network(struct check *check);
/* bounces.c: the domains of envelope senders of ours; warnings only. */
void check_bounces(struct check *check);
/* receive.c: domains whose mail port 25 takes: whether it comes here, and
 * gets any further; warnings only. */
void check_receive(struct check *check);
/* sources.c: the addresses mail leaves from, their names, reverse DNS;
 * warnings only. */
void check_sources(struct check *check);
/* summary.c: one line on what the configuration does. */
void check_summary(const struct config *config, struct buffer *into);

/* domain.c: what holds toward DOMAIN, on standard output; MX: its servers,
 * else DNS is asked. An exit status. */
int check_domain(struct config *config, const char *domain,
	const struct option_texts *mx, bool json);

#endif
