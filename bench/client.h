/* `ringpost-bench client`: uses mailboxes over IMAP or POP3 and measures it. */
#ifndef RINGPOST_BENCH_CLIENT_H
#define RINGPOST_BENCH_CLIENT_H

/* ARGUMENTS without program and command, NULL behind the last; exit status. */
int client_main(char **arguments);

#endif
