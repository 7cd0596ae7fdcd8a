// @ts-check
/**
 * What slugs are called. A test lays these tables beside the server's, and the English ones beside
 * en.js: a word that one side lacks fails there.
 */

import { t } from "./words.js";

/** @typedef {Readonly<Record<string, string>>} Table */

/** @type {Table} */
export const OUTCOMES = { met: "见面", by_telephone: "电话联系", nobody_home: "无人在家", declined: "谢绝", moved_away: "已搬走" };
/** @type {Table} */
export const PURPOSES = { service: "走访服务", need: "办理需求", dispute: "矛盾纠纷", other: "其他" };
/** @type {Table} */
export const CATEGORIES = {
  neighbours: "邻里",
  marriage_family: "婚姻家庭",
  house_sites: "房屋宅基地",
  forest_and_land: "山林土地",
  damages: "损害赔偿",
  contract: "合同",
  business: "生产经营",
  unpaid_wages: "拖欠农民工工资",
  other_labour: "其他劳动",
  expropriation: "征地拆迁",
  pollution: "环境污染",
  traffic: "道路交通",
  medical: "医疗",
  property_management: "物业",
  tourism: "旅游",
  e_commerce: "电子商务",
  other_consumer: "其他消费",
  other: "其他",
};
/** @type {Table} */
export const CHANNELS = {
  visit: "走访",
  walk_in: "来访",
  telephone: "电话",
  letter: "来信",
  hotline: "热线",
  handed_down: "交办",
  proxy: "代理",
  own_search: "排查",
};
/** @type {Table} */
export const SIZES = { individual: "个体", group: "一般群体", major: "重大群体" };
/** @type {Table} */
export const SIDES = { applicant: "申请方", respondent: "被申请方", third: "第三方" };
/** @type {Table} */
export const LEVELS = { village: "村级", township: "乡镇级", county: "县级" };
/** @type {Table} */
export const STATES = {
  registered: "已登记",
  accepted: "已受理",
  in_mediation: "调解中",
  settled: "已化解",
  closed: "已结案",
  unsettled: "调解不成",
  referred: "已引导分流",
  withdrawn: "已撤回",
  refused: "拒绝调解",
  joined: "已并案",
};
/** At rest: nobody has to act. */
export const RESTING = new Set(["closed", "unsettled", "referred", "withdrawn", "refused", "joined"]);
/** @type {Table} */
export const EVENTS = {
  register: "登记",
  accept: "受理",
  mediate: "调解",
  dispose: "提出处置意见",
  settle: "达成协议",
  fulfil: "履行一项",
  ask_court: "申请司法确认",
  close: "结案",
  fail: "调解不成",
  escalate: "上报",
  climb: "自动上报",
  overdue: "逾期",
  withdraw_climb: "撤销自动上报",
  honour: "认可迟到记录",
  hand_down: "交办",
  return: "退回",
  transfer: "移交",
  pass_over: "整体回避",
  object: "提出异议",
  uphold_objection: "采纳异议",
  dismiss_objection: "驳回异议",
  extend: "申请延期",
  grant_extension: "批准延期",
  decline_extension: "不予延期",
  join: "联合办理",
  leave: "退出联合办理",
  supervise: "督办",
  lift: "解除督办",
  request: "要求上报",
  answer: "答复要求",
  stay: "同意留办",
  go: "坚持上报",
  recuse: "回避",
  ask_recusal: "申请回避",
  alert: "紧急提醒",
  again: "再次反映",
  merge: "并案",
  refer: "引导分流",
  withdraw: "撤回",
  refuse: "拒绝调解",
  rate: "评价",
  reopen: "重新受理",
  note: "备注",
};
/** @type {Table} */
export const NEEDS = {
  visiting: "陪伴探访",
  daily_care: "生活照料",
  meals: "助餐",
  medical: "上门医疗",
  mobility: "出行协助",
  child_care: "儿童看护",
  living_support: "生活救助",
  hearing: "沟通协助",
};
/** @type {Table} */
export const GIVEN_BY = { self: "本人", guardian: "监护人", family: "受托家属" };
/** @type {Table} */
export const HOW = { oral: "口头", written: "书面" };
/** @type {Table} */
export const KINDS = { family: "家庭", shop: "商铺", enterprise: "企业", institution: "单位" };
/** @type {Table} */
export const LIVED = { lived_in: "常住", away: "外出", ended: "已注销" };
/** @type {Table} */
export const UNPLACED = {
  no_place: "没有坐标，也没有村民小组",
  outside_county: "坐标不在任何网格内",
  other_village: "坐标落在别的村",
  group_unknown: "没有网格管这个村民小组",
  group_ambiguous: "两个网格都管这个村民小组",
};
/** What a change is called, by its entity. @type {Table} */
export const ENTITIES = {
  visit: "走访",
  dispute: "纠纷",
  dispute_event: "纠纷办理",
  household: "住户",
  service_need: "服务需求",
  hole: "丢失的编号",
};

/**
 * The word for a slug; the slug itself where it is newer than this page.
 * @param {Table} table
 * @param {string | null | undefined} slug
 */
export function named(table, slug) {
  return slug ? t(table[slug] ?? slug) : "";
}
