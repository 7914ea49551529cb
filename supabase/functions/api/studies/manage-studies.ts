import type { SupabaseClient } from '@supabase/supabase-js';
import type { ListStudiesQuery, StudyPage, StudyResource } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { type RowQuery, readNewestFirst } from '../../_shared/newest-first.ts';
import { STUDY_COLUMNS } from './study-columns.ts';

/** What kinds of studies an address is about. */
export type StudyFamily = 'optimisation' | 'bias_check';

/** What create_study takes. */
export interface StudyArguments {
  readonly p_name: string;
  readonly p_kind: string;
  readonly p_symbol: string;
  readonly p_timeframe: string;
  readonly p_spec: object;
  readonly p_search_space?: object;
  readonly p_objective?: string;
  readonly p_direction?: string;
  readonly p_planned_trials?: number | null;
  readonly p_seed: number;
  readonly p_strategy_version_id: string | null;
}

/** Requests a study; its queue job and its first event commit with the row. */
export async function createStudy(supabase: SupabaseClient, request: StudyArguments): Promise<StudyResource> {
  const { data, error } = await supabase.rpc('create_study', request).select(STUDY_COLUMNS).single<StudyResource>();
  if (error) throw databaseError(error);
  return data;
}

/** A page of the user's own studies, newest first. */
export async function listStudies(
  supabase: SupabaseClient,
  userId: string,
  family: StudyFamily,
  { status, ...page }: ListStudiesQuery,
): Promise<StudyPage> {
  const where = (rows: RowQuery) => {
    const ofFamily = family === 'bias_check' ? rows.eq('kind', 'bias_check') : rows.neq('kind', 'bias_check');
    return status ? ofFamily.eq('status', status) : ofFamily;
  };
  return readNewestFirst<StudyResource>(supabase, { table: 'studies', columns: STUDY_COLUMNS, userId, where }, page);
}

/** One study of the user, with further columns where they are asked for. */
export async function getStudy<More extends object = object>(
  supabase: SupabaseClient,
  userId: string,
  family: StudyFamily,
  { id, more = '' }: { id: string; more?: string },
): Promise<StudyResource & More> {
  const { data, error } = await supabase
    .from('studies')
    .select(more === '' ? STUDY_COLUMNS : `${STUDY_COLUMNS}, ${more}`)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<StudyResource & More>();
  if (error) throw databaseError(error);
  if (!data || (data.kind === 'bias_check') !== (family === 'bias_check')) throw new ApiError('study_not_found');
  return data;
}

/** Cancels a queued or running study of the user. */
export async function cancelStudy(
  supabase: SupabaseClient,
  userId: string,
  family: StudyFamily,
  id: string,
): Promise<StudyResource> {
  await getStudy(supabase, userId, family, { id });
  const { data, error } = await supabase
    .rpc('cancel_study', { p_study_id: id })
    .select(STUDY_COLUMNS)
    .single<StudyResource>();
  if (error) throw databaseError(error);
  return data;
}

/** Deletes an ended study with its trials. */
export async function deleteStudy(
  supabase: SupabaseClient,
  userId: string,
  family: StudyFamily,
  id: string,
): Promise<void> {
  const { status } = await getStudy(supabase, userId, family, { id });
  if (status === 'queued' || status === 'running') {
    throw new ApiError('invalid_transition', { message: `The study is ${status}: cancel it first` });
  }
  const { data, error } = await supabase.from('studies').delete().eq('id', id).eq('user_id', userId).select('id');
  if (error) throw databaseError(error);
  if (data.length === 0) throw new ApiError('forbidden');
}
