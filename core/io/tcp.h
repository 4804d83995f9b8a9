/* Between the files of the socket layer. */
#ifndef RINGPOST_IO_TCP_H
#define RINGPOST_IO_TCP_H

#include <stdbool.h>

/* A negative result of the ring as a failure "WHAT: …"; returns false. */
bool tcp_fail(int result, const char *what);

#endif
