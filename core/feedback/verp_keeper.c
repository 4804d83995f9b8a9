/* Learning the secret, once; see verp_keeper.h. */
#include "feedback/verp_keeper.h"

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#define ASK_MS	 10000
#define AGAIN_US 1000000

struct verp_keeper {
	struct redis *redis;
	struct scope *scope;
	struct verp_secret secret;
	bool of_file, known, asking, told;
	int64_t again_us; /* it is not asked for before */
};

struct verp_keeper *verp_keeper_create(void)
{
	return NEW(struct verp_keeper);
}

void verp_keeper_destroy(struct verp_keeper **keeper)
{
	if (*keeper) {
		memory_wipe(&(*keeper)->secret, sizeof((*keeper)->secret));
		memory_free(*keeper);
	}
	*keeper = NULL;
}

void verp_keeper_use(struct verp_keeper *keeper, const struct verp_secret *from_file,
	struct redis *redis, struct scope *scope)
{
	bool was_of_file = keeper->of_file;

	keeper->redis = redis;
	keeper->scope = scope;
	keeper->of_file = from_file != NULL;
	if (from_file) {
		keeper->secret = *from_file;
		keeper->known = true;
	} else if (was_of_file) {
		keeper->known = false;
	}
}

/* ---- What Redis has ---- */

static bool call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply, struct deadline deadline)
{
	*reply = NULL;
	return redis_call(redis, count, argv, reply, deadline);
}

/* Nobody's is overwritten; whose it is then, the next question tells. */
static bool make(struct redis *redis, struct deadline deadline)
{
	char text[VERP_SECRET_SIZE + 1];
	struct slice argv[] = {
		SLICE("SET"), SLICE(VERP_SECRET_KEY), SLICE_EMPTY, SLICE("NX")};
	struct redis_reply *reply;
	bool good;

	verp_secret_make(text);
	argv[2] = slice_of(text);
	good = call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	redis_reply_free(&reply);
	memory_wipe(text, sizeof(text));
	return good;
}

static void tell(struct verp_keeper *keeper, const struct redis_reply *reply)
{
	bool refused = redis_reply_kind(reply) == REDIS_ERROR;

	if (!keeper->told)
		event_note(EVENT_ERROR, "bounce_secret_unreadable", "%s: %.*s",
			VERP_SECRET_KEY,
			SLICE_PRINT(refused ? redis_reply_text(reply)
					    : SLICE("not 64 hexadecimal digits")));
	keeper->told = true;
}

/* False with a failure of REDIS. */
static bool ask(struct verp_keeper *keeper, struct redis *redis, bool *missing_r,
	struct deadline deadline)
{
	struct slice argv[] = {SLICE("GET"), SLICE(VERP_SECRET_KEY)};
	struct verp_secret secret = {.sign = {0, 0}};
	struct redis_reply *reply;
	bool good = call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	*missing_r = good && redis_reply_kind(reply) == REDIS_NOTHING;
	if (good && !*missing_r && !keeper->of_file) {
		keeper->known = redis_reply_kind(reply) == REDIS_TEXT &&
				verp_secret_parse(redis_reply_text(reply), &secret);
		if (keeper->known)
			keeper->secret = secret;
		else
			tell(keeper, reply);
	}
	redis_reply_free(&reply);
	memory_wipe(&secret, sizeof(secret));
	return good;
}

bool verp_keeper_load(
	struct verp_keeper *keeper, struct redis *redis, struct deadline deadline)
{
	bool missing;

	if (keeper->known)
		return true;
	return ask(keeper, redis, &missing, deadline) &&
	       (!missing || (make(redis, deadline) &&
				    ask(keeper, redis, &missing, deadline)));
}

static void ask_later(void *arg)
{
	struct verp_keeper *keeper = arg;

	verp_keeper_load(keeper, keeper->redis, deadline_after_ms(ASK_MS));
	keeper->again_us = worker_now_us() + AGAIN_US;
	keeper->asking = false;
}

const struct verp_secret *verp_keeper_secret(struct verp_keeper *keeper)
{
	if (!keeper)
		return NULL;
	if (keeper->known)
		return &keeper->secret;
	if (!keeper->asking && keeper->redis && worker_now_us() >= keeper->again_us &&
		redis_is_up(keeper->redis))
		keeper->asking = scope_spawn(
			keeper->scope, "verp-secret", ask_later, keeper);
	return NULL;
}

/* ---- What a file has ---- */

bool verp_secret_read(const struct config *config, struct verp_secret *secret_r)
{
	char *const *member = &config->bounces.secret_file;
	struct config_mark mark = config_mark_of(config, member);
	char place[CONFIG_PLACE_SIZE];
	struct buffer text = {0};
	bool good = config_read_secret(config, mark, *member, &text);

	if (good && !verp_secret_parse(buffer_contents(&text), secret_r))
		good = fail(FAILURE_CONFIG, "%s%s does not hold 64 hexadecimal digits",
			config_place(config, mark, place), *member);
	buffer_wipe(&text);
	return good;
}
