/*
 * Organizational domains by the public suffix list (RFC 7489 section 3.2): the
 * domain somebody registered, of which all names below are.
 */
#ifndef RINGPOST_VERIFY_SUFFIX_H
#define RINGPOST_VERIFY_SUFFIX_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/domain.h"

/*
 * Reads the system's list if it is newer than the one the library brings; once
 * in a process's life, at its start, for this blocks. Without it the library's
 * own is used.
 */
void suffix_prepare(void);

/*
 * The organizational domain of DOMAIN (ASCII, any case) into TEXT, in lower
 * case: "mail.example.co.uk" has "example.co.uk". A public suffix itself, and
 * what is no domain name, is its own.
 */
struct slice suffix_organization(struct slice domain, char text[DOMAIN_MAX + 1]);
/* Whether two domains have the same one. */
bool suffix_same_organization(struct slice a, struct slice b);
/* Whether DOMAIN is a public suffix: nobody's own ("com", "co.uk"). */
bool suffix_is_public(struct slice domain);

#endif
