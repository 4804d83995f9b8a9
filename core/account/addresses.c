/*
 * A worker's memory of whose addresses are. Those that are nobody's are
 * remembered apart, so that guessing does not push the others out.
 */
#include "account/addresses.h"

#include "account/addresses_core.h"
#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "run/worker.h"

enum { KNOWN, UNKNOWN, KINDS };

struct remembered {
	struct link link; /* in ages[kind], oldest reading first */
	struct arena arena;
	struct slice key; /* separator, address */
	struct addressee addressee;
	int kind;
	int64_t read_us;
	uint64_t changes; /* account_changes() before that */
};

struct address_book {
	struct redis *redis;
	struct account_cache *cache;
	struct map by_key;
	struct list ages[KINDS];
	size_t counts[KINDS];
};

/* One question. */
struct question {
	struct address_book *book;
	struct arena *arena;
	struct slice said;	     /* as it was asked for, in its printed form */
	struct slice address, plain; /* prepared; plain empty: there is no detail */
	struct slice detail, domain; /* "@domain" */
};

static bool answer(const struct remembered *remembered, struct arena *arena,
	struct addressee *addressee_r);
static bool is_fresh(const struct remembered *remembered);
static bool is_younger(const struct remembered *remembered, int64_t ms);
static struct question make_question(struct address_book *book, struct slice address,
	char separator, struct arena *arena);
static struct remembered *ask(
	const struct question *question, struct slice key, struct deadline deadline);
static bool look_up(const struct question *question, struct addressee *addressee_r,
	struct deadline deadline);
static bool belongs(const struct question *question, struct slice name,
	struct slice address, bool *belongs_r, struct deadline deadline);
static void insert(struct address_book *book, struct remembered *remembered);
static void forget(struct address_book *book, struct remembered *remembered);

struct address_book *address_book_create(
	struct redis *redis, struct account_cache *cache)
{
	struct address_book *book = NEW(struct address_book);

	book->redis = redis;
	book->cache = cache;
	for (int kind = 0; kind < KINDS; kind++)
		list_init(&book->ages[kind]);
	return book;
}

void address_book_destroy(struct address_book **book)
{
	struct address_book *old = *book;

	*book = NULL;
	if (!old)
		return;
	for (int kind = 0; kind < KINDS; kind++)
		while (!list_is_empty(&old->ages[kind]))
			forget(old,
				LIST_FIRST(&old->ages[kind], struct remembered, link));
	map_finish(&old->by_key);
	memory_free(old);
}

bool address_book_find(struct address_book *book, struct slice address, char separator,
	struct arena *arena, struct addressee *addressee_r, struct deadline deadline)
{
	const struct remembered *remembered;
	struct question question;
	struct slice prepared, key;

	if (slice_starts(address, SLICE("@")) ||
		!account_address_prepare(address, arena, &prepared))
		return fail(FAILURE_DATA, "that is no address");
	key = separator
		      ? arena_format(arena, "%c%.*s", separator, SLICE_PRINT(prepared))
		      : prepared;
	remembered = map_find(&book->by_key, key);
	if (remembered && is_fresh(remembered))
		return answer(remembered, arena, addressee_r);
	question = make_question(book, prepared, separator, arena);
	question.said = address;
	remembered = ask(&question, key, deadline);
	if (remembered)
		return answer(remembered, arena, addressee_r);
	/* No answer: what was known of late still holds. */
	remembered = map_find(&book->by_key, key);
	if (failure_kind_last() != FAILURE_CANCELLED && remembered &&
		is_younger(remembered, ACCOUNT_STALE_MS))
		return answer(remembered, arena, addressee_r);
	return false;
}

static bool answer(const struct remembered *remembered, struct arena *arena,
	struct addressee *addressee_r)
{
	if (remembered->kind == UNKNOWN)
		return fail(FAILURE_DATA, "%.*s is nobody's address",
			SLICE_PRINT(remembered->key));
	*addressee_r = remembered->addressee;
	addressee_r->account = arena_copy(arena, remembered->addressee.account);
	addressee_r->detail = arena_copy(arena, remembered->addressee.detail);
	return true;
}

static bool is_fresh(const struct remembered *remembered)
{
	return remembered->changes == account_changes() &&
	       is_younger(remembered, remembered->kind == KNOWN ? ACCOUNT_FRESH_MS
								: ACCOUNT_UNKNOWN_MS);
}

static bool is_younger(const struct remembered *remembered, int64_t ms)
{
	return worker_now_us() - remembered->read_us < ms * 1000;
}

/* A mailbox that begins with the separator has no detail. */
static struct question make_question(struct address_book *book, struct slice address,
	char separator, struct arena *arena)
{
	struct question question = {.book = book, .arena = arena, .address = address};
	size_t at = slice_index_last(address, '@');
	struct slice mailbox = slice_part(address, 0, at);
	size_t cut = separator ? slice_index(mailbox, separator) : mailbox.size;

	question.domain = slice_from(address, at);
	if (cut == 0 || cut >= mailbox.size)
		return question;
	question.detail = slice_from(mailbox, cut + 1);
	question.plain = arena_format(arena, "%.*s%.*s",
		SLICE_PRINT(slice_part(mailbox, 0, cut)), SLICE_PRINT(question.domain));
	return question;
}

/* Asks Redis and remembers the answer; NULL when there was none. */
static struct remembered *ask(
	const struct question *question, struct slice key, struct deadline deadline)
{
	struct address_book *book = question->book;
	struct remembered *fresh = NEW(struct remembered), *old;
	struct addressee found = {.catch_all = false};

	fresh->changes = account_changes();
	if (look_up(question, &found, deadline)) {
		fresh->kind = KNOWN;
		fresh->addressee = found;
		fresh->addressee.account = arena_copy(&fresh->arena, found.account);
		fresh->addressee.detail = arena_copy(&fresh->arena, found.detail);
	} else if (failure_kind_last() == FAILURE_DATA) {
		fresh->kind = UNKNOWN;
	} else {
		memory_free(fresh);
		return NULL;
	}
	fresh->key = arena_copy(&fresh->arena, key);
	old = map_find(&book->by_key, key);
	if (old)
		forget(book, old);
	insert(book, fresh);
	return fresh;
}

/* Who is called so, and if nobody is, who has the rest. An account may have been
 * made before there was an index: its name is tried, too. */
static bool look_up(const struct question *question, struct addressee *addressee_r,
	struct deadline deadline)
{
	struct slice asked[] = {question->address,
		question->plain.size ? question->plain : question->address,
		question->domain};
	struct slice argv[] = {SLICE("HMGET"), ADDRESSES, asked[0], asked[1], asked[2]};
	struct redis_reply *reply = NULL;
	bool found = false;

	if (!address_book_call(
		    question->book->redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(asked) && !found; i++) {
		struct slice names[] = {redis_reply_text(redis_reply_at(reply, i)),
			i == 0 ? question->said : SLICE_EMPTY,
			i < 2 ? asked[i] : SLICE_EMPTY};

		for (size_t j = 0; j < ARRAY_COUNT(names) && !found; j++) {
			if (!belongs(question, names[j], asked[i], &found, deadline)) {
				redis_reply_free(&reply);
				return false;
			}
			if (found)
				*addressee_r = (struct addressee){
					.account = arena_copy(
						question->arena, names[j]),
					.detail = i == 1 ? question->detail
							 : SLICE_EMPTY,
					.catch_all = i == 2};
		}
	}
	redis_reply_free(&reply);
	return found || fail(FAILURE_DATA, "nobody is called so");
}

/* Whether the account NAME is there, may get mail, and has ADDRESS. False: that
 * cannot be told now. */
static bool belongs(const struct question *question, struct slice name,
	struct slice address, bool *belongs_r, struct deadline deadline)
{
	struct account account;
	bool read = name.size && account_cache_read(question->book->cache, name,
					 question->arena, &account, deadline);

	*belongs_r = read && !account.disabled &&
		     account_has_address(&account, address);
	return read || !name.size || failure_kind_last() == FAILURE_DATA;
}

static void insert(struct address_book *book, struct remembered *remembered)
{
	struct list *ages = &book->ages[remembered->kind];

	if (book->counts[remembered->kind] == ADDRESSES_CACHE_MAX)
		forget(book, LIST_FIRST(ages, struct remembered, link));
	remembered->read_us = worker_now_us();
	map_set(&book->by_key, remembered->key, remembered);
	list_append(ages, &remembered->link);
	book->counts[remembered->kind]++;
}

static void forget(struct address_book *book, struct remembered *remembered)
{
	map_remove(&book->by_key, remembered->key);
	list_remove(&remembered->link);
	book->counts[remembered->kind]--;
	arena_finish(&remembered->arena);
	memory_free(remembered);
}
