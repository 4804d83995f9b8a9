/* Leaving a list by mail; see leaving_mail.h. */
#include "feedback/leaving_mail.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "feedback/verp_keeper.h"
#include "mail/author.h"
#include "mail/mime_decode.h"

#define WORDS_MAX   16	 /* of a Subject that are looked at */
#define SUBJECT_MAX 2000 /* bytes of it */
#define WRITE_MS    5000

/* ---- By its Subject ---- */

static bool find_word(const struct verp_secret *secret, struct slice subject,
	struct arena *arena, struct leaving *leaving_r)
{
	for (size_t i = 0; subject.at && i < WORDS_MAX;) {
		struct slice word = slice_trim_all(slice_cut(&subject, ' '));

		if (!word.size)
			continue;
		if (leaving_read(secret, word, arena, leaving_r))
			return true;
		i++;
	}
	return false;
}

/* Programs that break a long line anywhere. */
static struct slice join(struct slice subject, struct arena *arena)
{
	char *text = arena_take(arena, subject.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < subject.size; i++)
		if (subject.at[i] > ' ')
			text[size++] = subject.at[i];
	return slice_make(text, size);
}

static bool read_subject(const struct verp_secret *secret, const struct header *header,
	struct arena *arena, struct leaving *leaving_r)
{
	const struct header_field *field = header_find(header, HEADER_SUBJECT);
	struct slice subject;

	if (!field)
		return false;
	subject = slice_part(
		mime_decode_words(arena, slice_part(field->value, 0, SUBJECT_MAX)), 0,
		SUBJECT_MAX);
	return find_word(secret, subject, arena, leaving_r) ||
	       leaving_read(secret, join(subject, arena), arena, leaving_r);
}

/* ---- By the address it came to ---- */

static bool take_address(const struct leaving_tag *tag, struct slice text,
	struct arena *arena, struct slice *recipient_r)
{
	struct address address;

	if (!leaving_tag_is_about(tag, text) ||
		address_parse(text, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return false;
	*recipient_r = address_print_in(arena, &address);
	return true;
}

/* Who says so: From, and who sent it. */
static bool find_recipient(const struct leaving_tag *tag,
	const struct leaving_mail *mail, struct arena *arena, struct slice *recipient_r)
{
	static const enum header_name names[] = {
		HEADER_FROM, HEADER_SENDER, HEADER_REPLY_TO};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct header_field *field = header_find(mail->header, names[i]);
		struct slice *list;
		size_t count;

		if (!field || !authors_find(field->value, arena, &list, &count))
			continue;
		for (size_t j = 0; j < count; j++)
			if (take_address(tag, list[j], arena, recipient_r))
				return true;
	}
	return take_address(tag, mail->reverse_path, arena, recipient_r);
}

static bool find_tenant(const struct leaving_tag *tag, const struct config *config,
	struct slice *tenant_r)
{
	*tenant_r = SLICE_EMPTY;
	if (leaving_tag_is_of_tenant(tag, *tenant_r))
		return true;
	for (size_t i = 0; i < config->tenant_count; i++) {
		*tenant_r = slice_of(config->tenants[i].name);
		if (leaving_tag_is_of_tenant(tag, *tenant_r))
			return true;
	}
	return false;
}

static bool find_stream(const struct leaving_tag *tag, const struct config *config,
	struct slice *stream_r)
{
	*stream_r = SLICE_EMPTY;
	if (leaving_tag_is_of_stream(tag, *stream_r))
		return true;
	for (size_t i = 0; i < config->stream_count; i++) {
		*stream_r = slice_of(config->streams[i].name);
		if (leaving_tag_is_of_stream(tag, *stream_r))
			return true;
	}
	return false;
}

/* ---- Both ---- */

static struct leaving known_of(const struct leaving *leaving)
{
	return (struct leaving){.id = leaving->id, .days = leaving->days};
}

const char *leaving_mail_read(const struct verp_secret *secret,
	const struct config *config, const struct leaving_mail *mail, int64_t now_ms,
	struct arena *arena, struct leaving *leaving_r)
{
	struct leaving leaving = {.days = 0};
	struct leaving_tag tag;
	const char *why = NULL;

	if (!read_subject(secret, mail->header, arena, &leaving)) {
		if (!leaving_address_read(secret, slice_of(config->unsubscribe.mailto),
			    mail->recipient, &tag)) {
			why = "unsigned";
		} else {
			leaving.id = tag.id;
			leaving.days = tag.days;
			if (!find_recipient(&tag, mail, arena, &leaving.recipient))
				why = "sender";
			else if (!find_tenant(&tag, config, &leaving.tenant) ||
				 !find_stream(&tag, config, &leaving.stream))
				why = "list";
		}
	}
	if (!why && leaving_is_expired(&leaving, now_ms))
		why = "expired";
	*leaving_r = why ? known_of(&leaving) : leaving;
	return why;
}

static void tell_wrong(const struct leaving_mail *mail, const char *why,
	const struct message_id *about)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "unsubscribe_refused");
	event_text(&event, "client", mail->client);
	event_text(&event, "reason", slice_of(why));
	if (*about->text)
		event_text(&event, "id", message_id_slice(about));
	event_text(&event, "from", mail->reverse_path);
	event_text(&event, "to", mail->recipient);
	event_text(&event, "report", mail->id);
	event_end(&event);
}

/* Redis does not answer: maybe it has it all the same, and who wrote may not come
 * again. */
static void keep(const struct leaving_desk *desk, const struct leaving *leaving)
{
	struct failure why = *failure_last();
	struct suppression_report report = leaving_report(leaving, LEAVING_BY_MAIL);

	if (why.kind != FAILURE_LIMIT)
		suppression_note(desk->list, &desk->config->suppression, &report);
	fail_again(&why);
}

static bool take(const struct leaving_desk *desk, const struct leaving_mail *mail,
	struct arena *arena, struct deadline deadline)
{
	const struct verp_secret *secret = verp_keeper_secret(desk->verp);
	struct leaving leaving;
	const char *why;

	if (!secret)
		return fail(FAILURE_STORE,
			"what links to leave a list are signed with is not known yet");
	why = leaving_mail_read(
		secret, desk->config, mail, clock_wall_ms(), arena, &leaving);
	if (!why) {
		if (leaving_enter(desk->list, desk->redis, &desk->config->suppression,
			    &leaving, LEAVING_BY_MAIL,
			    deadline_earlier(deadline, deadline_after_ms(WRITE_MS))))
			return true;
		if (failure_kind_last() != FAILURE_DATA) {
			keep(desk, &leaving);
			return false;
		}
		why = "recipient"; /* no list can hold him: again would not help */
	}
	leaving_count_wrong(desk->list, LEAVING_BY_MAIL);
	tell_wrong(mail, why, &leaving.id);
	return true;
}

bool leaving_take_mail(const struct leaving_desk *desk, const struct leaving_mail *mail,
	struct deadline deadline)
{
	struct arena arena = {0};
	bool done = take(desk, mail, &arena, deadline);

	arena_finish(&arena);
	return done;
}
