/* Views brought up to date; see view.h. */
#include "store/view.h"

#include "base/memory.h"
#include "store/acl_core.h"
#include "store/guest.h"

/* While two states are compared: what was told already counts. */
struct telling {
	const struct view_teller *teller;
	bool expunges;
	uint32_t expunged;
	/* Where the changed are told with the numbers of the view's new state. */
	const struct state *state;
};

static void tell_gone(void *context, uint32_t seq, const struct record *record)
{
	struct telling *telling = context;

	if (telling->expunges)
		telling->teller->expunged(telling->teller->context,
			seq - telling->expunged++, record->uid);
}

static void skip_changed(void *context, uint32_t seq, const struct record *record)
{
}

static void skip_gone(void *context, uint32_t seq, const struct record *record)
{
}

static void tell_changed(void *context, uint32_t seq, const struct record *record)
{
	struct telling *telling = context;

	telling->teller->changed(telling->teller->context,
		state_find(telling->state, record->uid), record);
}

/* Under the account's lock. */
static struct state *state_now(const struct view *view)
{
	return view->guest ? view->guest->state : view->mailbox->state;
}

static struct state *newest_of(const struct view *view)
{
	struct state *state;

	pthread_mutex_lock(&view->account->lock);
	state = state_hold(state_now(view));
	pthread_mutex_unlock(&view->account->lock);
	return state;
}

void view_sync(struct view *view, bool expunges, const struct view_teller *teller)
{
	struct state *newest = newest_of(view), *old = view->state, *next;
	struct telling telling = {.teller = teller, .expunges = expunges};
	struct state_diff diff = {tell_gone, skip_changed, &telling};

	if (newest == view->newest && (view->state == newest || !expunges)) {
		state_release(&newest);
		return;
	}
	next = expunges ? state_hold(newest) : state_keep(old, newest);
	state_compare(old, newest, &diff);
	telling.state = next;
	diff.gone = skip_gone;
	diff.changed = tell_changed;
	state_compare(old, newest, &diff);
	view->state = next;
	state_release(&view->newest);
	view->newest = newest;
	if (next->count > old->count - telling.expunged)
		teller->exists(teller->context, next->count);
	/* Who reads along takes what is recent, as if it had been there before. */
	pthread_mutex_lock(&view->account->lock);
	if (!view->read_only && !view->guest &&
		view->mailbox->recent_from < newest->uidnext)
		view->mailbox->recent_from = newest->uidnext;
	pthread_mutex_unlock(&view->account->lock);
	state_release(&old);
}

bool view_is_behind(const struct view *view)
{
	bool behind;

	pthread_mutex_lock(&view->account->lock);
	behind = state_now(view) != view->newest || view->mailbox->gone;
	pthread_mutex_unlock(&view->account->lock);
	return behind || !(view_rights(view) & RIGHT_READ);
}

bool view_wait(struct view *view, struct deadline deadline)
{
	while (!view_is_behind(view)) {
		if (!condition_wait(&view->watch->changed, deadline))
			return false;
	}
	return true;
}
