/*
 * What is told, while somebody watches, of connections that came to nothing: the try,
 * and what waits for it.
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "queue/queue.h"
#include "transcript/transcript.h"

#include "relay/connection.h"
#include "relay/destination.h"

static void tell_entry(struct transcript *transcript, const struct entry *entry)
{
	const struct envelope *envelope = &entry->message->envelope;

	transcript_know(transcript, 0, TRANSCRIPT_ID, message_id_slice(&envelope->id));
	transcript_know(transcript, 0, TRANSCRIPT_SENDER, envelope->reverse_path);
	for (size_t i = 0; i < entry->recipient_count; i++)
		transcript_know(transcript, 0, TRANSCRIPT_RECIPIENT,
			entry->recipients[i].address);
}

static void tell_flow(struct transcript *transcript, const struct line_flow *flow)
{
	for (size_t i = 0; flow && i < LINE_LEVELS; i++)
		LIST_EACH (&flow->waiting[i], link)
			tell_entry(transcript, CONTAINER_OF(link, struct entry, link));
}

void connection_tell_waiting(struct transcript *transcript, const void *waiting)
{
	const struct site *site = waiting;
	struct map_cursor cursor = {0};
	struct slice name;
	void *flow;

	LIST_EACH (&site->paths, link)
		transcript_know(transcript, 0, TRANSCRIPT_WAITING,
			CONTAINER_OF(link, struct path, site_link)
				->destination->domain);
	tell_flow(transcript, site->line.plain);
	while (map_next(&site->line.flows, &cursor, &name, &flow))
		tell_flow(transcript, flow);
}

/* "mx1.example.com[192.0.2.1]:25" could not be connected to. */
void connection_tell_unreached(const struct connection *connection,
	const struct host *host, const union host_address *to)
{
	const struct site *site = connection->site;
	struct transcript *transcript = transcript_open(
		false, slice_of(connection->label));
	unsigned char peer[16] = {[10] = 0xff, [11] = 0xff};

	if (!transcript)
		return;
	if (to->any.sa_family == AF_INET6)
		memcpy(peer, &to->ipv6.sin6_addr, sizeof(peer));
	else
		memcpy(peer + 12, &to->ipv4.sin_addr, 4);
	transcript_know(transcript, 0, TRANSCRIPT_PEER, slice_make(peer, sizeof(peer)));
	transcript_know(transcript, 0, TRANSCRIPT_HOST, slice_of(host->name));
	transcript_know(transcript, 0, TRANSCRIPT_SITE, site->name);
	connection_tell_waiting(transcript, site);
	transcript_say_format(transcript, 0, TRANSCRIPT_NOTE,
		"no connection to %s from %.*s: %s", connection->label,
		SLICE_PRINT(site->source->name), failure_last()->text);
	transcript_close(&transcript);
}
