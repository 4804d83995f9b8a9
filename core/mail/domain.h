/*
 * Domain names as text: form, case, comparison, and A-labels (IDNA 2008).
 */
#ifndef RINGPOST_MAIL_DOMAIN_H
#define RINGPOST_MAIL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define DOMAIN_MAX 255

/*
 * Labels of letters, digits, inner hyphens and underscores (which RFC 5321
 * does not allow and the world uses), 1 to 63 bytes each, no trailing dot; the
 * last label is not all digits, so that no address poses as a name. With UTF8
 * labels may hold valid UTF-8 beyond ASCII.
 */
bool domain_is_valid(struct slice domain, bool utf8);

/*
 * The A-label form in lower case into TEXT, which *ascii_r points to. ASCII
 * domains only lose their capitals. Not for address literals. False when IDNA
 * 2008 knows no such name or it would be too long.
 */
bool domain_to_ascii(
	struct slice domain, char text[DOMAIN_MAX + 1], struct slice *ascii_r);

/*
 * As people see it: A-labels as U-labels, the rest in lower case. In the arena;
 * what is no valid A-label stays.
 */
struct slice domain_to_unicode(struct arena *arena, struct slice domain);

/* Lower case of ASCII letters into TEXT (size bytes), other bytes kept. */
struct slice domain_lower(struct slice domain, char text[DOMAIN_MAX + 1]);

/* Same name: whatever the case, A-label or U-label. */
bool domain_equal(struct slice a, struct slice b);
/* NAME is DOMAIN or stands below it. ASCII, whatever the case. */
bool domain_is_within(struct slice name, struct slice domain);

/*
 * "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3) as 16 bytes, IPv4
 * as ::ffff:a.b.c.d. Other tags are refused: nobody could deliver to them.
 */
bool domain_literal_parse(struct slice text, uint8_t ip_r[16]);
#define DOMAIN_LITERAL_SIZE 56
/* The shortest writing, brackets included. */
struct slice domain_literal_print(const uint8_t ip[16], char text[DOMAIN_LITERAL_SIZE]);

#endif
