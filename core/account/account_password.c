/*
 * Passwords of accounts: yescrypt hashes (crypt(3)) and SCRAM keys. Each costs
 * milliseconds and megabytes on purpose, so both are made on the pool.
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "run/worker.h"
#include "account/account.h"

#define PREFIX	  "$y$"
#define SALT_SIZE 16

/* One hash to make, on a thread of the pool. */
struct hashing {
	char password[SASL_PASSWORD_MAX + 1];
	char setting[CRYPT_OUTPUT_SIZE]; /* empty: a new salt */
	char hash[CRYPT_OUTPUT_SIZE];	 /* empty: it cannot be */
	bool derive;			 /* SCRAM keys, too */
	struct sasl_scram_keys keys;
};

static void hash_job(void *arg);
static bool same(const char *a, const char *b);
static void hashing_destroy(struct hashing *hashing);

bool account_set_password(struct account *account, struct arena *arena,
	struct slice password, bool cram, struct deadline deadline)
{
	struct hashing *hashing = NEW(struct hashing);
	struct slice prepared;
	bool done;

	if (!sasl_prepare(password, hashing->password, sizeof(hashing->password),
		    &prepared) ||
		prepared.size == 0 || prepared.size >= CRYPT_MAX_PASSPHRASE_SIZE) {
		hashing_destroy(hashing);
		return fail(FAILURE_DATA,
			"a password has 1 to %d bytes of UTF-8 without control "
			"characters",
			CRYPT_MAX_PASSPHRASE_SIZE - 1);
	}
	hashing->derive = true;
	done = offload(hash_job, hashing, deadline);
	if (done && (!hashing->hash[0] || !hashing->keys.iterations))
		done = fail(FAILURE_RESOURCE, "the password could not be hashed");
	if (done) {
		account->hash = arena_copy(arena, slice_of(hashing->hash));
		account->scram = hashing->keys;
		account->cram_password = cram ? arena_copy(arena, prepared)
					      : SLICE_EMPTY;
	}
	hashing_destroy(hashing);
	return done;
}

bool account_check_password(const struct account *account, struct slice password,
	bool *right_r, struct deadline deadline)
{
	struct hashing *hashing = NEW(struct hashing);
	bool comparable = account && account->hash.size > 0 &&
			  slice_to_text(account->hash, hashing->setting,
				  sizeof(hashing->setting)) &&
			  password.size > 0;
	bool tried;

	comparable &= slice_to_text(
		password, hashing->password, sizeof(hashing->password));
	tried = offload(hash_job, hashing, deadline);
	if (tried)
		*right_r = comparable && same(hashing->hash, hashing->setting);
	hashing_destroy(hashing);
	return tried;
}

static void hash_job(void *arg)
{
	struct hashing *hashing = arg;
	struct crypt_data *data = NEW(struct crypt_data);
	char salt[SALT_SIZE], setting[CRYPT_GENSALT_OUTPUT_SIZE] = "";
	const char *hash, *from = hashing->setting;

	if (!from[0]) {
		random_fill(salt, sizeof(salt));
		from = crypt_gensalt_rn(
			PREFIX, 0, salt, sizeof(salt), setting, sizeof(setting));
	}
	hash = from ? crypt_rn(hashing->password, from, data, sizeof(*data)) : NULL;
	if (hash)
		slice_to_text(slice_of(hash), hashing->hash, sizeof(hashing->hash));
	if (hashing->derive) {
		uint8_t scram_salt[SASL_SALT_SIZE];

		random_fill(scram_salt, sizeof(scram_salt));
		sasl_scram_keys(slice_of(hashing->password), scram_salt,
			SASL_ITERATIONS, &hashing->keys);
	}
	memory_wipe(data, sizeof(*data));
	memory_free(data);
}

/* Takes as long wherever the difference is. */
static bool same(const char *a, const char *b)
{
	unsigned char difference = 0;
	size_t size = strlen(a);

	if (size == 0 || size != strlen(b))
		return false;
	for (size_t i = 0; i < size; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

static void hashing_destroy(struct hashing *hashing)
{
	memory_wipe(hashing, sizeof(*hashing));
	memory_free(hashing);
}
