/* The messages a client stores, and whether those it reads are the same. */
#include "bench/client_mail.h"

#include <stdio.h>

#include "base/clock.h"

#define ID_PREFIX "mail-"
/* Messages are as old as their numbers say: one each 67 seconds from here. */
#define FIRST_MS 1600000000000
#define STEP_MS	 67000
#define SENDERS	 97

void client_mail_make(
	const struct client_mail *mail, uint64_t number, bool sum, struct draft *draft)
{
	char id[40], from[40], date[CLOCK_TEXT_SIZE];

	snprintf(id, sizeof(id), ID_PREFIX "%09llu", (unsigned long long)number);
	snprintf(from, sizeof(from), "sender%u@source.test",
		(unsigned)(mix_scatter(mail->seed + 1, number) % SENDERS));
	draft_make(draft, mail->filler,
		&(struct draft_facts){
			.id = slice_of(id),
			.from = slice_of(from),
			.to = SLICE("user@mailbox.test"),
			.date = clock_format_mail(
				FIRST_MS + (int64_t)(number % 10000000) * STEP_MS,
				date),
			.number = number,
			.size = sizes_pick(
				&mail->sizes, mix_scatter(mail->seed, number)),
			.sum = sum,
		});
}

enum client_mail_verdict client_mail_judge(const struct client_mail *mail,
	const struct content *content, struct draft *draft)
{
	struct slice id = slice_make(content->id, content->id_size);
	uint64_t number;

	if (!slice_starts(id, SLICE(ID_PREFIX)) ||
		!slice_to_u64(slice_from(id, sizeof(ID_PREFIX) - 1), &number))
		return CLIENT_MAIL_FOREIGN;
	client_mail_make(mail, number, true, draft);
	return content->size == draft->size && content->body_size == draft->body_size &&
			       content->body_crc == draft->body_crc
		       ? CLIENT_MAIL_SAME
		       : CLIENT_MAIL_OTHER;
}
