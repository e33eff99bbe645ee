// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/string.h>
#include "prg.h"

struct rvi_page_request rvi_page_request_of(const u64 *record)
{
	u64 who = record[0], what = record[IOMMU_PQ_PAGE_ADDRESS_DWORD];
	struct rvi_page_request request = {
		.address = what & IOMMU_PQ_PAGE_ADDRESS_MASK,
		.devid = FIELD_GET(IOMMU_PQ_DID_MASK, who),
		.group = FIELD_GET(IOMMU_PQ_PRGI_MASK, what),
		.has_pid = who & IOMMU_PQ_PV_MASK,
		.read = what & IOMMU_PQ_R_MASK,
		.write = what & IOMMU_PQ_W_MASK,
		.last = what & IOMMU_PQ_L_MASK,
	};

	/* These have a meaning with a process_id only. */
	if (request.has_pid) {
		request.pid = FIELD_GET(IOMMU_PQ_PID_MASK, who);
		request.priv = who & IOMMU_PQ_PRIV_MASK;
		request.exec = who & IOMMU_PQ_EXEC_MASK;
	}
	return request;
}

static bool is_spoiled(const struct rvi_prgs *prgs, u16 group)
{
	return prgs->spoiled[group / 64] >> (group % 64) & 1;
}

static void set_spoiled(struct rvi_prgs *prgs, u16 group, bool spoiled)
{
	u64 bit = BIT_ULL(group % 64);

	if (spoiled)
		prgs->spoiled[group / 64] |= bit;
	else
		prgs->spoiled[group / 64] &= ~bit;
}

/* Take what is kept of a group out, in order. */
static unsigned int take(struct rvi_prgs *prgs, u16 number, struct rvi_page_request *group)
{
	unsigned int i, left = 0, count = 0;

	for (i = 0; i < prgs->held_count; i++) {
		if (prgs->held[i].group == number)
			group[count++] = prgs->held[i];
		else
			prgs->held[left++] = prgs->held[i];
	}
	prgs->held_count = left;
	return count;
}

/*
 * A device without process_ids asks for a right to a page, with a number that no group has that
 * was not answered, and has no more under way than it may.
 */
static bool allowed(const struct rvi_prgs *prgs, const struct rvi_page_request *request)
{
	return !request->has_pid && (request->read || request->write) &&
	       !prgs->open[request->group] && prgs->open_count < RVI_PRG_LIMIT;
}

/* Groups that were begun and not ended, as by a device that was reset: others need the room. */
static void abandon(struct rvi_prgs *prgs)
{
	unsigned int i;

	for (i = 0; i < prgs->held_count; i++)
		set_spoiled(prgs, prgs->held[i].group, true);
	prgs->held_count = 0;
}

/* Nothing follows of the process, and nobody waits. */
static bool is_stop_marker(const struct rvi_page_request *request)
{
	return request->has_pid && request->last && !request->read && !request->write;
}

/* What is to be done with a request of a device that may have none. */
enum rvi_prg_verdict rvi_prg_of_nobody(const struct rvi_page_request *request)
{
	if (is_stop_marker(request))
		return RVI_PRG_NOTHING;
	return request->last ? RVI_PRG_ANSWER : RVI_PRG_REFUSED;
}

/**
 * rvi_prg_add() - one more request of a device
 * @prgs: what there is of this device
 * @request: the request
 * @group: room for RVI_PRG_LIMIT requests: those of the group, if it is complete
 * @count: how many these are
 *
 * A device may send whatever it likes. What is wrong is not handed on, nor is the group that it
 * belongs to; who waits for an answer to such a group gets one at its end.
 *
 * Return: what is to be done.
 */
enum rvi_prg_verdict rvi_prg_add(struct rvi_prgs *prgs, const struct rvi_page_request *request,
				 struct rvi_page_request *group, unsigned int *count)
{
	if (is_stop_marker(request))
		return RVI_PRG_NOTHING;
	if (prgs->held_count + prgs->open_count >= RVI_PRG_LIMIT)
		abandon(prgs);
	if (!request->last) {
		if (!is_spoiled(prgs, request->group) && allowed(prgs, request)) {
			prgs->held[prgs->held_count++] = *request;
			return RVI_PRG_NOTHING;
		}
		set_spoiled(prgs, request->group, true);
		take(prgs, request->group, group);
		return RVI_PRG_REFUSED;
	}
	if (is_spoiled(prgs, request->group) || !allowed(prgs, request)) {
		set_spoiled(prgs, request->group, false);
		take(prgs, request->group, group);
		return RVI_PRG_ANSWER;
	}
	*count = take(prgs, request->group, group);
	group[(*count)++] = *request;
	prgs->open[request->group] = *count;
	prgs->open_count += *count;
	return RVI_PRG_READY;
}

/* A group has its answer. */
void rvi_prg_answered(struct rvi_prgs *prgs, u16 group)
{
	prgs->open_count -= prgs->open[group];
	prgs->open[group] = 0;
}

/*
 * Requests were lost, perhaps the last one of any group: what is kept is not served. The IOMMU has
 * answered those whose end is lost, so their numbers may be used for other groups.
 */
void rvi_prg_lost(struct rvi_prgs *prgs)
{
	prgs->held_count = 0;
	memset(prgs->spoiled, 0, sizeof(prgs->spoiled));
}
