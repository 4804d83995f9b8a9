/*
 * Certificates and keys for tests, made when asked for, in a folder of their
 * own that is removed at exit.
 */
#ifndef RINGPOST_TESTS_MATERIAL_H
#define RINGPOST_TESTS_MATERIAL_H

#include <stdbool.h>

enum material_key { MATERIAL_ECDSA, MATERIAL_RSA, MATERIAL_RSA_1024, MATERIAL_ED25519 };

struct material_wish {
	const char *name;  /* files are NAME.pem and NAME.key; the subject's CN */
	const char *names; /* "DNS:a.example,IP:192.0.2.1"; NULL: no such extension */
	enum material_key key;
	const char *issuer;   /* an earlier NAME; NULL: signs itself */
	bool authority;	      /* may issue others */
	long from_s, until_s; /* from now; both 0: a day each way */
};

void material_make(const struct material_wish *wish);
/* "…/NAME.pem"; a literal-like pointer, good until exit. SUFFIX "pem", "key". */
const char *material_path(const char *name, const char *suffix);
/* Writes TEXT there. */
const char *material_write(const char *name, const char *suffix, const char *text);

#endif
