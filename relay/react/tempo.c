/* How many messages a second a receiver takes, learned from what it puts off. */
#include "react/tempo.h"

#define PAUSE_US      100000 /* the first, or a message's time if that is longer */
#define PAUSE_MOST_US (240 * INT64_C(1000000))
#define LATELY_US     1000000 /* what is counted while nothing is held back */
#define SLACK_US      10000   /* a late wake-up is made up for, so much */
#define BELOW	      0.9     /* of the wall, to begin with */
#define NEAR_FIRST    25      /* messages until the wall is reached: at first, */
#define NEAR_LEAST    400     /* later, or … */
#define NEAR_SECONDS  10      /* … those of so long, or … */
#define NEAR_MOST     20000   /* … up to so many, where it stopped for long */
#define RATE_MOST     20000.0 /* is no limit */

int64_t tempo_wait_us(const struct tempo *tempo, int64_t now_us)
{
	if (tempo->rate <= 0 && !tempo->blocked)
		return 0;
	return tempo->next_us > now_us ? tempo->next_us - now_us : 0;
}

bool tempo_take(struct tempo *tempo, int64_t now_us)
{
	int64_t each_us = tempo->pause_us, from_us = now_us - SLACK_US;

	if (tempo->rate <= 0 && !tempo->blocked)
		return true;
	if (tempo->next_us > now_us)
		return false;
	if (!tempo->blocked)
		each_us = (int64_t)(1e6 / tempo->rate);
	tempo->next_us = (tempo->next_us > from_us ? tempo->next_us : from_us) +
			 each_us;
	return true;
}

/* By so many messages since it was lowered. */
static double rate_after(const struct tempo *tempo)
{
	double way = (double)tempo->accepted / tempo->near - 1;

	return tempo->wall * (1 + (1 - BELOW) * way * way * way);
}

/* What it took of late, and whether it had stopped for a good part of that. */
struct taken {
	double rate;
	bool stopped;
};

static struct taken look_back(const struct tempo *tempo, int64_t now_us)
{
	double seconds = (double)(now_us - tempo->cycle_us) / 1e6;
	double blocked = (double)(now_us - tempo->blocked_us) / 1e6;

	if (seconds < 0.001)
		seconds = 0.001;
	return (struct taken){
		(double)tempo->accepted / seconds, blocked > seconds / 10};
}

static double find_wall(const struct tempo *tempo, const struct taken *taken)
{
	if (tempo->rate <= 0)
		return taken->rate;
	/* After a long and steady time the rate it was refused at is nearer. */
	if ((double)tempo->accepted > tempo->near / 2 && !taken->stopped)
		return tempo->rate;
	return tempo->rate < taken->rate ? tempo->rate : taken->rate;
}

static double find_near(const struct tempo *tempo, const struct taken *taken)
{
	double aim = tempo->wall * NEAR_SECONDS;

	if (taken->stopped && (double)tempo->accepted > aim)
		aim = (double)tempo->accepted;
	if (aim < NEAR_LEAST)
		aim = NEAR_LEAST;
	if (aim > NEAR_MOST)
		aim = NEAR_MOST;
	if (tempo->near <= 0)
		return aim > (double)tempo->accepted ? NEAR_FIRST : aim;
	if (tempo->near < aim)
		return tempo->near * 2 < aim ? tempo->near * 2 : aim;
	return tempo->near / 2 > aim ? tempo->near / 2 : aim;
}

static void unblock(struct tempo *tempo, int64_t now_us)
{
	struct taken taken = look_back(tempo, now_us);
	double wall = find_wall(tempo, &taken);

	/* Refused earlier than the last time: others may share it. */
	if (tempo->rate > 0 && wall < tempo->wall)
		wall *= (1 + BELOW) / 2;
	tempo->wall = wall;
	tempo->near = find_near(tempo, &taken);
	tempo->blocked = false;
	tempo->accepted = 0;
	tempo->cycle_us = tempo->lowered_us = now_us;
	tempo->rate = rate_after(tempo);
	tempo->next_us = now_us + (int64_t)(1e6 / tempo->rate);
}

bool tempo_note_accepted(struct tempo *tempo, int64_t began_us, int64_t now_us)
{
	if (tempo->blocked) {
		tempo->accepted++;
		if (began_us <= tempo->blocked_us)
			return false; /* it was on its way */
		unblock(tempo, now_us);
		return true;
	}
	if (tempo->rate <= 0 && now_us - tempo->cycle_us > LATELY_US) {
		tempo->cycle_us = began_us;
		tempo->accepted = 0;
	}
	tempo->accepted++;
	if (tempo->rate <= 0)
		return false;
	tempo->rate = rate_after(tempo);
	if (tempo->rate < RATE_MOST)
		return false;
	*tempo = (struct tempo){.near = tempo->near};
	return true;
}

bool tempo_note_refused(struct tempo *tempo, int64_t began_us, int64_t now_us)
{
	if (tempo->blocked) {
		if (began_us <= tempo->blocked_us)
			return false;
		tempo->pause_us *= 2;
		if (tempo->pause_us > PAUSE_MOST_US)
			tempo->pause_us = PAUSE_MOST_US;
		tempo->next_us = now_us + tempo->pause_us;
		return false;
	}
	if (began_us < tempo->lowered_us)
		return false; /* from before */
	tempo->blocked = true;
	tempo->blocked_us = now_us;
	tempo->pause_us = PAUSE_US;
	if (tempo->rate > 0 && tempo->rate < 1e6 / PAUSE_US)
		tempo->pause_us = (int64_t)(1e6 / tempo->rate);
	tempo->next_us = now_us + tempo->pause_us;
	return true;
}
