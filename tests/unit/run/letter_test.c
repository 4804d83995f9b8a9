/* Letters: between workers and from threads that are none. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/memory.h"
#include "on_worker.h"

#define LETTERS 20000

struct numbered {
	struct letter letter;
	struct inbox *inbox;
	unsigned number;
};

struct inbox {
	struct worker *worker;
	struct condition arrived;
	unsigned received, expected;
	bool in_order;
	struct numbered letters[LETTERS];
};

static void receive(struct letter *letter)
{
	struct numbered *numbered = CONTAINER_OF(letter, struct numbered, letter);
	struct inbox *inbox = numbered->inbox;

	CHECK(worker_self() == inbox->worker && !fiber_self());
	inbox->in_order = inbox->in_order && numbered->number == inbox->received;
	inbox->received++;
	condition_signal(&inbox->arrived);
}

static void nap(long us)
{
	struct timespec time = {.tv_nsec = us * 1000};

	nanosleep(&time, NULL);
}

static void *post_all(void *arg)
{
	struct inbox *inbox = arg;

	for (unsigned i = 0; i < LETTERS; i++) {
		inbox->letters[i] = (struct numbered){
			.letter.run = receive, .inbox = inbox, .number = i};
		worker_post(inbox->worker, &inbox->letters[i].letter);
		if (i % 1000 == 0) /* let it fall asleep now and then */
			nap(200);
	}
	return NULL;
}

static void wait_for_letters(void *arg)
{
	struct inbox *inbox = arg;
	pthread_t thread;

	inbox->worker = worker_self();
	inbox->in_order = true;
	condition_init(&inbox->arrived);
	CHECK(!pthread_create(&thread, NULL, post_all, inbox));
	while (inbox->received < LETTERS) {
		if (!CHECK(condition_wait(&inbox->arrived, deadline_after_ms(60000))))
			break;
	}
	pthread_join(thread, NULL);
	CHECK_NUMBER(inbox->received, LETTERS);
	CHECK(inbox->in_order);
}

CASE("letters from another thread arrive, in order, also when the worker sleeps")
{
	static struct inbox inbox;

	on_worker(wait_for_letters, &inbox);
}

/* Two workers that send one letter to and fro. */
struct ball {
	struct letter letter;
	struct player *from;
};

struct player {
	struct worker *worker;
	struct player *other;
	struct condition caught;
	struct ball *ball; /* NULL: elsewhere */
	bool ready, serves;
	unsigned hits;
	pthread_t thread;
};

static void catch_ball(struct letter *letter)
{
	struct ball *ball = CONTAINER_OF(letter, struct ball, letter);
	struct player *player = ball->from->other;

	player->ball = ball;
	condition_signal(&player->caught);
}

#define HITS 3000

static void play(void *arg)
{
	struct player *player = arg;
	static struct ball first;

	if (player->serves)
		player->ball = &first;
	while (player->hits < HITS) {
		struct ball *ball = player->ball;

		if (!ball) {
			if (!CHECK(condition_wait(
				    &player->caught, deadline_after_ms(60000))))
				return;
			continue;
		}
		player->ball = NULL;
		player->hits++;
		*ball = (struct ball){.letter.run = catch_ball, .from = player};
		worker_post(player->other->worker, &ball->letter);
	}
	/* The last one is caught by nobody's wait: leave after it came. */
	while (player->serves && !player->ball) {
		if (!CHECK(condition_wait(&player->caught, deadline_after_ms(60000))))
			return;
	}
}

static void *play_on_thread(void *arg)
{
	struct player *player = arg;

	worker_run(player->worker, play, player);
	return NULL;
}

CASE("two workers, six thousand letters to and fro")
{
	static struct player players[2];

	for (unsigned i = 0; i < 2; i++) {
		players[i] = (struct player){
			.worker = worker_create(&(struct worker_options){.index = i}),
			.other = &players[1 - i],
			.serves = i == 0,
		};
		condition_init(&players[i].caught);
	}
	for (unsigned i = 0; i < 2; i++)
		CHECK(!pthread_create(
			&players[i].thread, NULL, play_on_thread, &players[i]));
	for (unsigned i = 0; i < 2; i++)
		pthread_join(players[i].thread, NULL);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_NUMBER(players[i].hits, HITS);
		worker_destroy(&players[i].worker);
	}
}

CHECK_MAIN()
