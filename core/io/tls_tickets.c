/* Keys of session tickets, renewed in time. */
#include "io/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/tls_errors.h"

#define NAME_SIZE 16 /* OpenSSL's */
#define IV_SIZE	  16

struct key {
	unsigned char name[NAME_SIZE], cipher[32], mac[32];
	int64_t made_us;
};

struct tls_tickets {
	atomic_uint holders;
	pthread_mutex_t lock; /* held for the copy of a key */
	struct key current, previous;
};

static void make_key(struct key *key)
{
	random_fill(key, sizeof(*key));
	key->made_us = clock_monotonic_us();
}

struct tls_tickets *tls_tickets_create(void)
{
	struct tls_tickets *tickets = NEW(struct tls_tickets);

	tickets->holders = 1;
	pthread_mutex_init(&tickets->lock, NULL);
	make_key(&tickets->current);
	make_key(&tickets->previous);
	return tickets;
}

struct tls_tickets *tls_tickets_hold(struct tls_tickets *tickets)
{
	tickets->holders++;
	return tickets;
}

void tls_tickets_release(struct tls_tickets **tickets)
{
	struct tls_tickets *t = *tickets;

	*tickets = NULL;
	if (!t || --t->holders > 0)
		return;
	pthread_mutex_destroy(&t->lock);
	memory_wipe(t, sizeof(*t));
	memory_free(t);
}

/* After a long silence both keys are past their time. */
static void renew(struct tls_tickets *tickets)
{
	const int64_t life_us = TLS_TICKET_LIFE_S * INT64_C(1000000);
	int64_t age_us = clock_monotonic_us() - tickets->current.made_us;

	if (age_us < life_us)
		return;
	tickets->previous = tickets->current;
	make_key(&tickets->current);
	if (age_us >= 2 * life_us)
		make_key(&tickets->previous);
}

static struct key sealing_key(struct tls_tickets *tickets)
{
	struct key key;

	pthread_mutex_lock(&tickets->lock);
	renew(tickets);
	key = tickets->current;
	pthread_mutex_unlock(&tickets->lock);
	return key;
}

/* 0: unknown, 1: current, 2: previous. */
static int find_key(
	struct tls_tickets *tickets, const unsigned char *name, struct key *key_r)
{
	int found = 0;

	pthread_mutex_lock(&tickets->lock);
	renew(tickets);
	if (memcmp(name, tickets->current.name, NAME_SIZE) == 0) {
		*key_r = tickets->current;
		found = 1;
	} else if (memcmp(name, tickets->previous.name, NAME_SIZE) == 0) {
		*key_r = tickets->previous;
		found = 2;
	}
	pthread_mutex_unlock(&tickets->lock);
	return found;
}

static EVP_CIPHER *sealing_cipher;

static void fetch_cipher(void)
{
	sealing_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
}

/* Fetched once: to name it instead costs a search under a lock each time. */
static const EVP_CIPHER *cipher_of_tickets(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_cipher);
	return sealing_cipher;
}

static bool set_mac(EVP_MAC_CTX *mac, struct key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(
			OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, parameters);
}

/* 2 to OpenSSL: good, and the client needs a new ticket: under 1.3 always, since
 * it may use one only once. */
static int with_key(SSL *ssl, unsigned char *name, unsigned char *iv,
	EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const EVP_CIPHER *kind = cipher_of_tickets();
	struct key key;
	int result = 1;
	bool ready;

	if (sealing) {
		key = sealing_key(tickets);
		memcpy(name, key.name, NAME_SIZE);
		random_fill(iv, IV_SIZE);
		ready = EVP_EncryptInit_ex(cipher, kind, NULL, key.cipher, iv);
	} else {
		result = find_key(tickets, name, &key);
		if (result == 0)
			return 0;
		if (SSL_version(ssl) >= TLS1_3_VERSION)
			result = 2;
		ready = EVP_DecryptInit_ex(cipher, kind, NULL, key.cipher, iv);
	}
	if (!ready || !set_mac(mac, &key))
		result = -1;
	memory_wipe(&key, sizeof(key));
	return result;
}

bool tls_tickets_use(struct tls_tickets *tickets, struct ssl_ctx_st *context)
{
	if (!SSL_CTX_set_app_data(context, tickets) ||
		!SSL_CTX_set_tlsext_ticket_key_evp_cb(context, with_key))
		return tls_errors_fail(FAILURE_RESOURCE, "TLS session tickets");
	/* A mail client keeps one connection: it needs one for the next, not the
	 * two for a browser that opens several at once. */
	SSL_CTX_set_num_tickets(context, 1);
	SSL_CTX_set_timeout(context, TLS_TICKET_LIFE_S);
	return true;
}
