/* Which keys sign for which domain. */
#include "check.h"

#include <unistd.h>

#include "sample.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/keyring.h"
#include "dkim/made.h"

static struct dkim_key *make_key(
	const char *domain, const char *selector, const char *pem)
{
	struct dkim_key *key = dkim_key_create(
		slice_of(domain), slice_of(selector), slice_of(pem));

	if (!key)
		abort();
	return key;
}

static struct dkim_keyring *make_keyring(void)
{
	struct dkim_key *keys[] = {
		make_key("example.org", "org", SAMPLE_RSA_PEM),
		make_key("*", "any", SAMPLE_RSA_PEM),
		make_key("Example.com", "ed", SAMPLE_ED25519_PEM),
		make_key("example.com", "rsa", SAMPLE_RSA_PEM),
		make_key("a.example.com", "a", SAMPLE_ED25519_PEM),
	};
	struct dkim_keyring *keyring = dkim_keyring_create(keys, ARRAY_COUNT(keys));

	CHECK(!keys[0] && !keys[4]);
	return keyring;
}

CASE("a domain's own keys, exactly by name, or those of *")
{
	static const struct {
		const char *domain;
		size_t count;
		const char *selector, *second, *signing;
	} table[] = {
		{"example.com", 2, "rsa", "ed", "example.com"},
		{"EXAMPLE.com", 2, "rsa", "ed", "example.com"},
		{"example.org", 1, "org", NULL, "example.org"},
		{"a.example.com", 1, "a", NULL, "a.example.com"},
		{"b.example.com", 1, "any", NULL, "b.example.com"},
		{"elsewhere.example", 1, "any", NULL, "elsewhere.example"},
		{"*", 0, NULL, NULL, NULL},
		{"localhost", 0, NULL, NULL, NULL},
		{"", 0, NULL, NULL, NULL},
		{"[192.0.2.1]", 0, NULL, NULL, NULL},
		{"b\xc3\xbc"
		 "cher.example",
			0, NULL, NULL, NULL},
		{"a.example; x=y", 0, NULL, NULL, NULL},
	};
	struct dkim_keyring *keyring = make_keyring();
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		size_t count = dkim_keyring_find(
			keyring, slice_of(table[i].domain), signings);

		if (!CHECK_NUMBER(count, table[i].count) || count == 0)
			continue;
		CHECK_SLICE(dkim_key_selector(signings[0].key), table[i].selector);
		CHECK_SLICE(signings[0].domain, table[i].signing);
		if (count == 2)
			CHECK_SLICE(
				dkim_key_selector(signings[1].key), table[i].second);
	}
	CHECK_NUMBER(dkim_keyring_count(keyring), 5);
	CHECK_SLICE(dkim_key_domain(dkim_keyring_at(keyring, 0)), "*");
	CHECK_SLICE(dkim_key_domain(dkim_keyring_at(keyring, 4)), "example.org");
	dkim_keyring_release(&keyring);
	CHECK(!keyring);
}

CASE("a name that is too long under the selector of * is not signed")
{
	struct dkim_key *key = make_key("*", "selector", SAMPLE_RSA_PEM);
	struct dkim_keyring *keyring = dkim_keyring_create(&key, 1);
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	char name[300];

	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	/* 8 + 12 + size is at most 253 */
	CHECK_NUMBER(dkim_keyring_find(keyring, slice_make(name, 233), signings), 1);
	CHECK_NUMBER(dkim_keyring_find(keyring, slice_make(name, 234), signings), 0);
	CHECK_NUMBER(dkim_keyring_find(keyring, slice_make(name, 299), signings), 0);
	dkim_keyring_release(&keyring);
}

CASE("two keys of one algorithm for one domain are a mistake")
{
	struct dkim_key *keys[] = {
		make_key("example.com", "one", SAMPLE_RSA_PEM),
		make_key("EXAMPLE.com", "two", SAMPLE_RSA_PEM),
	};

	CHECK(!dkim_keyring_create(keys, 2));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
	CHECK_SLICE(slice_of(failure_last()->text),
		"example.com has two rsa-sha256 keys, one can sign");
	CHECK(!keys[0] && !keys[1]);
}

CASE("no keys at all, and holders")
{
	struct dkim_keyring *keyring = dkim_keyring_create(NULL, 0), *other;
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];

	CHECK_NUMBER(dkim_keyring_find(keyring, SLICE("example.com"), signings), 0);
	other = dkim_keyring_hold(keyring);
	dkim_keyring_release(&keyring);
	CHECK_NUMBER(dkim_keyring_count(other), 0);
	dkim_keyring_release(&other);
	dkim_keyring_release(&other);
}

CASE("from the configuration, errors where they were written")
{
	char path[] = "/tmp/dkim_keyring_test.XXXXXX", want[200];
	int file = mkstemp(path);
	struct config_dkim entries[] = {
		{.mark = {3, 5}, .domain = "example.com", .selector = "a", .key = path},
		{.mark = {4, 5}, .domain = "*", .selector = "b", .key = path},
	};
	struct config config = {
		.path = "ringpost.yaml", .dkim = entries, .dkim_count = 2};
	struct dkim_keyring *keyring;

	CHECK(write(file, SAMPLE_ED25519_PEM, sizeof SAMPLE_ED25519_PEM - 1) > 0);
	keyring = dkim_keyring_load(&config);
	if (CHECK(keyring))
		CHECK_NUMBER(dkim_keyring_count(keyring), 2);
	dkim_keyring_release(&keyring);
	entries[1].selector = "no selector";
	CHECK(!dkim_keyring_load(&config));
	snprintf(want, sizeof want,
		"ringpost.yaml:4:5: %s: \"no selector\" is no selector", path);
	CHECK_SLICE(slice_of(failure_last()->text), want);
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
	entries[1].selector = "b";
	entries[1].domain = "example.com";
	CHECK(!dkim_keyring_load(&config));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
	config.dkim_count = 0;
	keyring = dkim_keyring_load(&config);
	CHECK(keyring);
	dkim_keyring_release(&keyring);
	close(file);
	unlink(path);
	config.dkim_count = 1;
	CHECK(!dkim_keyring_load(&config));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
}

CASE("keys made while the server ran: beside those of the configuration, never before "
     "them")
{
	char state[] = "/tmp/dkim_keyring_test.XXXXXX", folder[100];
	struct config_dkim entry = {.domain = "example.com", .selector = "a"};
	struct config config = {.path = "ringpost.yaml", .dkim = &entry};
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	struct dkim_keyring *keyring;

	CHECK(mkdtemp(state));
	config.state_directory = state;
	snprintf(folder, sizeof folder, "%s/dkim", state);
	CHECK(dkim_made_write(
		state, SLICE("example.com"), SLICE("made"), SLICE(SAMPLE_ED25519_PEM)));
	CHECK(dkim_made_write(
		state, SLICE("example.com"), SLICE("made"), SLICE(SAMPLE_ED25519_PEM)));
	CHECK(dkim_made_write(
		state, SLICE("other.test"), SLICE("no.key"), SLICE("nothing")));
	keyring = dkim_keyring_load(&config);
	CHECK_NUMBER(dkim_keyring_count(keyring), 1);
	CHECK_NUMBER(dkim_keyring_find(keyring, SLICE("example.com"), signings), 1);
	CHECK_SLICE(dkim_key_selector(signings[0].key), "made");
	dkim_keyring_release(&keyring);
	config.dkim_count = 1;
	entry.key = memory_format("%s/made._domainkey.example.com.pem", folder);
	keyring = dkim_keyring_load(&config);
	CHECK_NUMBER(dkim_keyring_count(keyring), 1);
	CHECK_SLICE(dkim_key_selector(dkim_keyring_at(keyring, 0)), "a");
	dkim_keyring_release(&keyring);
	memory_free(entry.key);
	dkim_made_remove(state, SLICE("example.com"), SLICE("made"));
	dkim_made_remove(state, SLICE("other.test"), SLICE("no.key"));
	CHECK(rmdir(folder) == 0 && rmdir(state) == 0);
}

CHECK_MAIN()
