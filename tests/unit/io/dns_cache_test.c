/*
 * The cache of DNS answers: time, both bounds, what it hands out is a copy.
 */
#include "io/dns_cache.h"

#include "check.h"

#define SECOND 1000000

static struct arena arena;

static struct dns_answer make(const char *name, uint32_t ttl_s)
{
	static struct dns_record pool[4][2];
	static unsigned next;
	struct dns_record *records = pool[next++ % 4];

	records[0] = (struct dns_record){.preference = 5, .name = slice_of(name)};
	records[1] = (struct dns_record){.data = SLICE("ab\0c"), .usage = 3};
	return (struct dns_answer){
		.status = DNS_FOUND,
		.ttl_s = ttl_s,
		.records = records,
		.count = 2,
		.canonical = slice_of("canon.example"),
		.authentic = true,
	};
}

static struct slice key_of(unsigned number)
{
	static char text[DNS_KEY_SIZE];
	char name[32];

	snprintf(name, sizeof(name), "n%u.example", number);
	return dns_key(DNS_MX, slice_of(name), text);
}

CASE("what is put comes back, until its TTL ends")
{
	struct dns_cache cache;
	struct dns_answer answer = make("mx.example", 10), got;

	dns_cache_init(&cache, 10);
	CHECK(!dns_cache_get(&cache, key_of(1), &arena, &got, 0));
	dns_cache_put(&cache, key_of(1), &answer, 0);
	CHECK(dns_cache_get(&cache, key_of(1), &arena, &got, 3 * SECOND));
	CHECK_NUMBER(got.ttl_s, 7);
	CHECK_NUMBER(got.count, 2);
	CHECK_SLICE(got.records[0].name, "mx.example");
	CHECK(got.records[0].name.at != answer.records[0].name.at);
	CHECK_NUMBER(got.records[0].preference, 5);
	CHECK(slice_equal(got.records[1].data, SLICE("ab\0c")));
	CHECK_SLICE(got.canonical, "canon.example");
	CHECK(got.authentic);
	CHECK(dns_cache_get(&cache, key_of(1), &arena, &got, 10 * SECOND - 1));
	CHECK_NUMBER(got.ttl_s, 1);
	CHECK(!dns_cache_get(&cache, key_of(1), &arena, &got, 10 * SECOND));
	CHECK_NUMBER(cache.entries.count, 0);
	CHECK_NUMBER(cache.bytes, 0);
	dns_cache_finish(&cache);
	/* The copy outlives the cache. */
	CHECK_SLICE(got.records[0].name, "mx.example");
	arena_finish(&arena);
}

CASE("types of one name are apart; a new answer replaces; dropping")
{
	struct dns_cache cache;
	struct dns_answer mx = make("mx.example", 10), a = make("a.example", 10), got;
	char text[DNS_KEY_SIZE], other[DNS_KEY_SIZE];
	struct slice key = dns_key(DNS_MX, SLICE("x"), text);
	struct slice key_a = dns_key(DNS_A, SLICE("x"), other);

	dns_cache_init(&cache, 10);
	dns_cache_put(&cache, key, &mx, 0);
	dns_cache_put(&cache, key_a, &a, 0);
	CHECK(dns_cache_get(&cache, key, &arena, &got, 0));
	CHECK_SLICE(got.records[0].name, "mx.example");
	mx = make("new.example", 20);
	dns_cache_put(&cache, key, &mx, 0);
	CHECK(dns_cache_get(&cache, key, &arena, &got, 15 * SECOND));
	CHECK_SLICE(got.records[0].name, "new.example");
	dns_cache_drop(&cache, key);
	dns_cache_drop(&cache, key);
	CHECK(!dns_cache_get(&cache, key, &arena, &got, 0));
	CHECK_NUMBER(cache.entries.count, 1);
	dns_cache_finish(&cache);
	arena_finish(&arena);
}

CASE("beyond its entries the least recently used leaves")
{
	struct dns_cache cache;
	struct dns_answer answer = make("mx.example", 1000), got;

	dns_cache_init(&cache, 3);
	for (unsigned i = 1; i <= 3; i++)
		dns_cache_put(&cache, key_of(i), &answer, 0);
	CHECK(dns_cache_get(&cache, key_of(1), &arena, &got, 0));
	dns_cache_put(&cache, key_of(4), &answer, 0);
	CHECK_NUMBER(cache.entries.count, 3);
	CHECK(!dns_cache_get(&cache, key_of(2), &arena, &got, 0));
	CHECK(dns_cache_get(&cache, key_of(1), &arena, &got, 0));
	CHECK(dns_cache_get(&cache, key_of(3), &arena, &got, 0));
	CHECK(dns_cache_get(&cache, key_of(4), &arena, &got, 0));
	dns_cache_finish(&cache);
	arena_finish(&arena);
}

CASE("its bytes are bounded, too: large answers push out many, or do not fit")
{
	struct dns_cache cache;
	static char text[40000];
	struct dns_record record = {.name = slice_make(text, sizeof(text))};
	struct dns_answer small = make("mx.example", 1000), got;
	struct dns_answer large = {
		.ttl_s = 9, .records = &record, .count = 1, .canonical = SLICE("c")};

	memset(text, 'x', sizeof(text));
	dns_cache_init(&cache, 50);
	for (unsigned i = 0; i < 50; i++)
		dns_cache_put(&cache, key_of(i), &small, 0);
	CHECK_NUMBER(cache.entries.count, 50);
	for (unsigned i = 100; i < 110; i++) {
		dns_cache_put(&cache, key_of(i), &large, 0);
		CHECK(cache.bytes <= 50 * DNS_CACHE_ENTRY_BYTES);
		CHECK(dns_cache_get(&cache, key_of(i), &arena, &got, 0));
		CHECK_NUMBER(got.records[0].name.size, sizeof(text));
	}
	dns_cache_finish(&cache);
	dns_cache_init(&cache, 10);
	dns_cache_put(&cache, key_of(1), &large, 0);
	CHECK_NUMBER(cache.entries.count, 0);
	dns_cache_finish(&cache);
	dns_cache_init(&cache, 0);
	dns_cache_put(&cache, key_of(1), &small, 0);
	CHECK_NUMBER(cache.entries.count, 0);
	dns_cache_finish(&cache);
	arena_finish(&arena);
}

CHECK_MAIN()
