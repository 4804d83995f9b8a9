/*
 * What GNU SASL lets pass in SCRAM messages and we do not; for sasl_*.c only.
 */
#ifndef RINGPOST_MAIL_SASL_SCRAM_H
#define RINGPOST_MAIL_SASL_SCRAM_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * The client's first message: no "y" flag where PLUS was offered (RFC 5802 6:
 * somebody took the offer away), and names escaped as they must be (5.1).
 */
bool sasl_scram_first_is_sound(struct slice message, bool plus_offered);

/*
 * The server's first message: an iteration count that protects the password
 * (RFC 7677 4) and does not keep the worker for long.
 */
bool sasl_scram_challenge_is_sound(struct slice message);

#endif
