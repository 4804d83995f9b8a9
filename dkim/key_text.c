/* Keys as text: new ones, files of them, and their records for DNS. */
#include <errno.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/crypto.h"
#include "dkim/key.h"
#include "dkim/key_use.h"

#define STRING_MAX 255 /* of one string of a TXT record, RFC 1035 3.3 */

bool dkim_key_generate(enum dkim_algorithm algorithm, unsigned bits, struct buffer *pem)
{
	if (algorithm == DKIM_RSA_SHA256 && bits == 0)
		bits = DKIM_RSA_BITS_DEFAULT;
	if (algorithm == DKIM_RSA_SHA256 &&
		(bits < DKIM_RSA_BITS_DEFAULT || bits > DKIM_RSA_BITS_MAX || bits % 8))
		return fail(FAILURE_CONFIG,
			"an RSA key has %d to %d bits, a multiple of 8",
			DKIM_RSA_BITS_DEFAULT, DKIM_RSA_BITS_MAX);
	return dkim_private_generate(algorithm, bits, pem);
}

struct dkim_key *dkim_key_read(
	struct slice domain, struct slice selector, const char *path)
{
	char *text = memory_allocate(DKIM_KEY_PEM_MAX + 1);
	FILE *file = fopen(path, "re");
	struct dkim_key *key = NULL;
	size_t size = 0;
	bool readable;

	if (file) {
		setvbuf(file, NULL, _IONBF, 0);
		size = fread(text, 1, DKIM_KEY_PEM_MAX + 1, file);
	}
	readable = file && !ferror(file);
	if (!readable)
		fail_errno(FAILURE_FILE, errno, "%s", path);
	else if (!(key = dkim_key_create(domain, selector, slice_make(text, size))))
		fail_in(path);
	if (file)
		fclose(file);
	memory_wipe(text, size);
	memory_free(text);
	return key;
}

bool dkim_key_print_record(const struct dkim_key *key, struct buffer *out)
{
	struct buffer public = {0};
	char *base64;
	bool done;

	if (!dkim_private_public(dkim_key_private(key), &public))
		return false;
	base64 = memory_allocate(BASE64_SIZE(buffer_size(&public)) + 1);
	base64_encode(buffer_contents(&public), base64);
	done = buffer_append_format(out, "v=DKIM1; k=%s; p=%s",
		dkim_key_algorithm(key) == DKIM_RSA_SHA256 ? "rsa" : "ed25519", base64);
	memory_free(base64);
	buffer_finish(&public);
	return done;
}

bool dkim_key_print_zone(
	const struct dkim_key *key, struct slice domain, struct buffer *out)
{
	struct buffer record = {0};
	bool done = dkim_key_print_record(key, &record) &&
		    dkim_key_print_name(key, domain, out);
	struct slice rest = buffer_contents(&record);
	bool several = rest.size > STRING_MAX;

	done = done && buffer_append_format(out, ". IN TXT %s", several ? "(" : "");
	while (done && rest.size > 0) {
		struct slice part = slice_part(rest, 0, STRING_MAX);

		done = buffer_append_format(
			out, "%s\"%.*s\"", several ? "\n\t" : "", SLICE_PRINT(part));
		rest = slice_from(rest, part.size);
	}
	done = done && buffer_append_format(out, "%s\n", several ? " )" : "");
	buffer_finish(&record);
	return done;
}

bool dkim_key_print_name(
	const struct dkim_key *key, struct slice domain, struct buffer *out)
{
	return dkim_name_print(domain, dkim_key_selector(key), out);
}
