/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM riscv_iommu

#if !defined(RVI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVI_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

#include "prg.h"

TRACE_EVENT(rvi_map,
	TP_PROTO(u32 id, unsigned long iova, phys_addr_t pa, size_t size, int prot),
	TP_ARGS(id, iova, pa, size, prot),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, iova)
		__field(u64, pa)
		__field(u64, size)
		__field(int, prot)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->iova = iova;
		__entry->pa = pa;
		__entry->size = size;
		__entry->prot = prot;
	),
	TP_printk("id=%u iova=%#llx pa=%#llx size=%#llx prot=%#x", __entry->id, __entry->iova,
		  __entry->pa, __entry->size, __entry->prot)
);

TRACE_EVENT(rvi_unmap,
	TP_PROTO(u32 id, unsigned long iova, size_t size),
	TP_ARGS(id, iova, size),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, iova)
		__field(u64, size)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->iova = iova;
		__entry->size = size;
	),
	TP_printk("id=%u iova=%#llx size=%#llx", __entry->id, __entry->iova, __entry->size)
);

TRACE_EVENT(rvi_invalidate,
	TP_PROTO(struct device *dev, unsigned int count, u64 dw0, u64 dw1),
	TP_ARGS(dev, count, dw0, dw1),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(unsigned int, count)
		__field(u64, dw0)
		__field(u64, dw1)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->count = count;
		__entry->dw0 = dw0;
		__entry->dw1 = dw1;
	),
	TP_printk("%s commands=%u first=%016llx:%016llx", __get_str(dev), __entry->count,
		  __entry->dw0, __entry->dw1)
);

TRACE_EVENT(rvi_fault,
	TP_PROTO(struct device *dev, const char *name, const char *cause, const char *ttyp,
		 u32 devid, u32 pid, u64 iotval, u64 iotval2),
	TP_ARGS(dev, name, cause, ttyp, devid, pid, iotval, iotval2),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__string(name, name)
		__string(cause, cause)
		__string(ttyp, ttyp)
		__field(u32, devid)
		__field(u32, pid)
		__field(u64, iotval)
		__field(u64, iotval2)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(name);
		__assign_str(cause);
		__assign_str(ttyp);
		__entry->devid = devid;
		__entry->pid = pid;
		__entry->iotval = iotval;
		__entry->iotval2 = iotval2;
	),
	TP_printk("%s device=%s id=%#x pid=%#x %s: %s iotval=%#llx iotval2=%#llx",
		  __get_str(dev), __get_str(name), __entry->devid, __entry->pid,
		  __get_str(ttyp), __get_str(cause), __entry->iotval, __entry->iotval2)
);

TRACE_EVENT(rvi_page_request,
	TP_PROTO(struct device *dev, const char *name, const struct rvi_page_request *request,
		 bool refused),
	TP_ARGS(dev, name, request, refused),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__string(name, name)
		__field(u32, devid)
		__field(u32, pid)
		__field(u64, address)
		__field(u16, group)
		__field(bool, read)
		__field(bool, write)
		__field(bool, last)
		__field(bool, refused)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(name);
		__entry->devid = request->devid;
		__entry->pid = request->pid;
		__entry->address = request->address;
		__entry->group = request->group;
		__entry->read = request->read;
		__entry->write = request->write;
		__entry->last = request->last;
		__entry->refused = refused;
	),
	TP_printk("%s device=%s id=%#x pid=%#x address=%#llx %s%s group=%u%s%s",
		  __get_str(dev), __get_str(name), __entry->devid,
		  __entry->pid, __entry->address,
		  __entry->read ? "r" : "", __entry->write ? "w" : "", __entry->group,
		  __entry->last ? " last" : "", __entry->refused ? " refused" : "")
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
