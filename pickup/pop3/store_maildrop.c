/* A maildrop that is a mailbox of the store; see store_maildrop.h. */
#include "pop3/store_maildrop.h"

#include "base/failure.h"
#include "base/memory.h"
#include "store/message.h"
#include "state/uid_set.h"
#include "store/view.h"

#define PIECE_SIZE (64u << 10)

struct store_maildrop {
	struct maildrop maildrop;
	struct view *view;
	struct message_file file; /* open while `piece` is there */
	uint64_t at;
	char *piece;
};

static struct store_maildrop *store_of(const struct maildrop *maildrop)
{
	return CONTAINER_OF(maildrop, struct store_maildrop, maildrop);
}

static const struct record *record_of(const struct maildrop *maildrop, size_t index)
{
	return state_at(store_of(maildrop)->view->state, (uint32_t)index + 1);
}

static struct maildrop_message store_message(
	const struct maildrop *maildrop, size_t index)
{
	const struct record *record = record_of(maildrop, index);

	return (struct maildrop_message){record->uid, record->size};
}

static bool store_open(
	struct maildrop *maildrop, size_t index, struct deadline deadline)
{
	struct store_maildrop *self = store_of(maildrop);
	uint64_t file = record_of(maildrop, index)->file;
	enum store_fault fault;

	if (!message_open(self->view, file, NULL, &self->file, NULL, &fault, deadline))
		return fault == STORE_EXPUNGED || failure_kind_last() != FAILURE_DATA
			       ? false
			       : fail(FAILURE_STORE, "a message cannot be read");
	self->at = 0;
	self->piece = memory_allocate(
		self->file.size < PIECE_SIZE ? self->file.size + 1 : PIECE_SIZE);
	return true;
}

static bool store_read(struct maildrop *maildrop, struct slice *bytes_r, bool *last_r,
	struct deadline deadline)
{
	struct store_maildrop *self = store_of(maildrop);
	uint64_t rest = self->file.size - self->at;
	size_t size = rest < PIECE_SIZE ? (size_t)rest : PIECE_SIZE;

	if (!message_read(&self->file, self->at, self->piece, size, deadline))
		return false;
	self->at += size;
	*bytes_r = slice_make(self->piece, size);
	*last_r = self->at == self->file.size;
	return true;
}

static void store_shut(struct maildrop *maildrop)
{
	struct store_maildrop *self = store_of(maildrop);

	message_close(&self->file);
	memory_free(self->piece);
	self->piece = NULL;
}

/* What somebody else has removed meanwhile is passed over. */
static bool store_remove(struct maildrop *maildrop, struct deadline deadline)
{
	struct store_maildrop *self = store_of(maildrop);
	struct arena arena = {0};
	struct uid_set uids = {0};
	enum store_fault fault;
	bool good;

	for (size_t i = 0; i < maildrop->count; i++) {
		uint32_t uid = record_of(maildrop, i)->uid;

		if (maildrop_is_deleted(maildrop, i))
			uid_set_add(&uids, &arena, uid, uid);
	}
	good = view_expunge(self->view, &uids, true, &fault, deadline);
	arena_finish(&arena);
	return good;
}

static void store_close(struct maildrop *maildrop)
{
	struct store_maildrop *self = store_of(maildrop);

	if (self->piece)
		store_shut(maildrop);
	view_close(&self->view);
	maildrop_finish(maildrop);
	memory_free(self);
}

struct maildrop *store_maildrop_open(struct store_port *port,
	struct store_account *account, struct slice name, struct deadline deadline)
{
	static const struct maildrop_kind kind = {store_message, store_open, store_read,
		store_shut, store_remove, store_close};
	enum store_fault fault;
	struct view *view = view_open(port, account, name, true, &fault, deadline);
	struct store_maildrop *self;

	if (!view)
		return NULL;
	self = NEW(struct store_maildrop);
	self->view = view;
	self->maildrop.kind = &kind;
	self->maildrop.count = view->state->count;
	self->maildrop.size = view->state->size;
	self->maildrop.uidvalidity = view_uidvalidity(view);
	return &self->maildrop;
}
