/* Key records (RFC 6376 section 3.6.1). */
#include "dkim/record.h"

#include "base/failure.h"
#include "dkim/tags.h"

static bool check_version(const struct dkim_tags *tags);
static bool read_algorithm(
	const struct dkim_tags *tags, enum dkim_algorithm *algorithm_r);
static bool check_use(const struct dkim_tags *tags);

bool dkim_record_parse(
	struct arena *arena, struct slice text, struct dkim_record *record_r)
{
	struct dkim_tags *tags = ARENA_NEW(arena, struct dkim_tags);
	struct dkim_record record = {0};
	const struct dkim_tag *key;

	if (!dkim_tags_parse(text, tags))
		return fail_in("not a key record");
	if (!check_version(tags) || !read_algorithm(tags, &record.algorithm) ||
		!check_use(tags))
		return false;
	key = dkim_tags_find(tags, SLICE("p"));
	if (!key)
		return fail(FAILURE_DATA, "the key record has no p=");
	record.text = key->value;
	record.revoked = key->value.size == 0;
	if (!record.revoked && !dkim_base64_decode(arena, key->value, &record.key))
		return fail(FAILURE_DATA, "p= of the key record is not base64");
	record.testing = dkim_list_has(dkim_tags_value(tags, "t"), ':', SLICE("y"));
	record.exact = dkim_list_has(dkim_tags_value(tags, "t"), ':', SLICE("s"));
	*record_r = record;
	return true;
}

static bool check_version(const struct dkim_tags *tags)
{
	const struct dkim_tag *version = dkim_tags_find(tags, SLICE("v"));

	if (version && (version != &tags->at[0] ||
			       !slice_equal(version->value, SLICE("DKIM1"))))
		return fail(FAILURE_DATA,
			"not a key record: it does not begin with v=DKIM1");
	return true;
}

static bool read_algorithm(
	const struct dkim_tags *tags, enum dkim_algorithm *algorithm_r)
{
	const struct dkim_tag *kind = dkim_tags_find(tags, SLICE("k"));

	if (!kind || slice_equal(kind->value, SLICE("rsa")))
		*algorithm_r = DKIM_RSA_SHA256;
	else if (slice_equal(kind->value, SLICE("ed25519")))
		*algorithm_r = DKIM_ED25519_SHA256;
	else
		return fail(FAILURE_DATA, "the key record has an unknown k=%.*s",
			SLICE_PRINT(slice_part(kind->value, 0, 30)));
	return true;
}

static bool check_use(const struct dkim_tags *tags)
{
	const struct dkim_tag *hashes = dkim_tags_find(tags, SLICE("h"));
	const struct dkim_tag *services = dkim_tags_find(tags, SLICE("s"));

	if (hashes && !dkim_list_has(hashes->value, ':', SLICE("sha256")))
		return fail(FAILURE_DATA, "the key record does not allow sha256 (h=)");
	if (services && !dkim_list_has(services->value, ':', SLICE("*")) &&
		!dkim_list_has(services->value, ':', SLICE("email")))
		return fail(FAILURE_DATA, "the key record is not for email (s=)");
	return true;
}
