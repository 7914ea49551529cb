// Generated from the migrations by "npm run generate": do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      audit_log: {
        Row: {
          action: string;
          actor: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details: Json | null;
          hash: string;
          ip: unknown;
          request_id: string | null;
          resource_id: string | null;
          resource_type: string;
          seq: number;
          user_agent: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details?: Json | null;
          hash: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type: string;
          seq: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Update: {
          action?: string;
          actor?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain?: string;
          content_hash?: string;
          created_at?: string;
          details?: Json | null;
          hash?: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type?: string;
          seq?: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      backtest_results: {
        Row: {
          backtest_id: string;
          created_at: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          created_at?: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          created_at?: string;
          equity?: number[];
          equity_at?: string[];
          stored_trades?: number;
          summary?: NonNullable<Json>;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_results_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: true;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtest_trades: {
        Row: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          entry_at?: string;
          entry_bar?: number;
          entry_price?: number;
          exit_at?: string;
          exit_bar?: number;
          exit_price?: number;
          fee?: number;
          pnl?: number;
          quantity?: number;
          return_pct?: number;
          seq?: number;
          side?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_trades_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtests: {
        Row: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id?: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy?: NonNullable<Json>;
          symbol?: string;
          timeframe?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtests_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      candle_coverage: {
        Row: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at?: string;
          version?: number;
        };
        Update: {
          candle_count?: number;
          first_at?: string;
          instrument_id?: number;
          last_at?: string;
          timeframe?: string;
          updated_at?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_coverage_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      candles: {
        Row: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        ComputedFields: never;
        Insert: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        Update: {
          close?: number;
          high?: number;
          instrument_id?: number;
          low?: number;
          open?: number;
          timeframe?: string;
          ts?: string;
          volume?: number;
        };
        Relationships: [];
      };
      events: {
        Row: {
          created_at: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          event?: string;
          payload?: NonNullable<Json>;
          seq?: number;
          topic?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      instruments: {
        Row: {
          created_at: string;
          id: number;
          name: string | null;
          symbol: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol: string;
        };
        Update: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol?: string;
        };
        Relationships: [];
      };
      known_devices: {
        Row: {
          device_hash: string;
          first_seen_at: string;
          last_seen_at: string;
          network: unknown;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          device_hash: string;
          first_seen_at: string;
          last_seen_at: string;
          network?: unknown;
          user_agent?: string | null;
          user_id: string;
        };
        Update: {
          device_hash?: string;
          first_seen_at?: string;
          last_seen_at?: string;
          network?: unknown;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      linked_accounts: {
        Row: {
          created_at: string;
          external_id: string;
          id: string;
          metadata: NonNullable<Json>;
          provider: string;
          updated_at: string;
          user_id: string;
          verified_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          external_id: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider: string;
          updated_at?: string;
          user_id: string;
          verified_at?: string;
        };
        Update: {
          created_at?: string;
          external_id?: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider?: string;
          updated_at?: string;
          user_id?: string;
          verified_at?: string;
        };
        Relationships: [];
      };
      plan_quotas: {
        Row: {
          created_at: string;
          plan: string;
          quota: string;
          unit: string;
          updated_at: string;
          value: number | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          plan: string;
          quota: string;
          unit: string;
          updated_at?: string;
          value?: number | null;
        };
        Update: {
          created_at?: string;
          plan?: string;
          quota?: string;
          unit?: string;
          updated_at?: string;
          value?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'plan_quotas_plan_fkey';
            columns: ['plan'];
            isOneToOne: false;
            referencedRelation: 'plans';
            referencedColumns: ['plan'];
          },
        ];
      };
      plans: {
        Row: {
          created_at: string;
          description: string;
          plan: string;
          title: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          plan: string;
          title: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          description?: string;
          plan?: string;
          title?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      profiles: {
        Row: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          display_name?: string | null;
          first_name?: string | null;
          is_active?: boolean;
          last_name?: string | null;
          last_sign_in_at?: string | null;
          locale?: string;
          plan?: string;
          preferences?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          display_name?: string | null;
          first_name?: string | null;
          is_active?: boolean;
          last_name?: string | null;
          last_sign_in_at?: string | null;
          locale?: string;
          plan?: string;
          preferences?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'profiles_plan_fkey';
            columns: ['plan'];
            isOneToOne: false;
            referencedRelation: 'plans';
            referencedColumns: ['plan'];
          },
        ];
      };
      recovery_codes: {
        Row: {
          code_hash: string;
          created_at: string;
          expires_at: string;
          seq: number;
          used_at: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          code_hash: string;
          created_at?: string;
          expires_at: string;
          seq: number;
          used_at?: string | null;
          user_id: string;
        };
        Update: {
          code_hash?: string;
          created_at?: string;
          expires_at?: string;
          seq?: number;
          used_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      security_events: {
        Row: {
          created_at: string;
          details: NonNullable<Json>;
          id: number;
          kind: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          details?: NonNullable<Json>;
          id?: never;
          kind: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          details?: NonNullable<Json>;
          id?: never;
          kind?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      sign_in_attempts: {
        Row: {
          created_at: string;
          ip: unknown;
          kind: string;
          outcome: string;
          slot: number;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at: string;
          ip?: unknown;
          kind: string;
          outcome: string;
          slot: number;
          user_agent?: string | null;
          user_id: string;
        };
        Update: {
          created_at?: string;
          ip?: unknown;
          kind?: string;
          outcome?: string;
          slot?: number;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      system_config: {
        Row: {
          created_at: string;
          description: string;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          key: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value: NonNullable<Json>;
        };
        Update: {
          created_at?: string;
          description?: string;
          key?: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value?: NonNullable<Json>;
        };
        Relationships: [];
      };
      user_roles: {
        Row: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      verification_codes: {
        Row: {
          attempts: number;
          code_hash: string;
          created_at: string;
          expires_at: string;
          provider: string;
          used_at: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          code_hash: string;
          created_at?: string;
          expires_at: string;
          provider: string;
          used_at?: string | null;
          user_id: string;
        };
        Update: {
          attempts?: number;
          code_hash?: string;
          created_at?: string;
          expires_at?: string;
          provider?: string;
          used_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      admin_read: {
        Args: { p_filter?: Json; p_limit?: number; p_offset?: number; p_order?: string; p_table: string };
        Returns: Json[];
      };
      cancel_backtest: {
        Args: { p_backtest_id: string };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_backtest: {
        Args: {
          p_fee_bps?: number;
          p_initial_cash?: number;
          p_range_end?: string;
          p_range_start?: string;
          p_strategy: Json;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      finish_account_link: {
        Args: { p_code: string; p_external_id: string; p_metadata?: Json; p_provider: string };
        Returns: Json;
      };
      generate_recovery_codes: { Args: Record<PropertyKey, never>; Returns: string[] };
      list_sessions: {
        Args: Record<PropertyKey, never>;
        Returns: {
          aal: string;
          created_at: string;
          current: boolean;
          id: string;
          ip: string;
          last_used_at: string;
          user_agent: string;
        }[];
      };
      my_quotas: {
        Args: Record<PropertyKey, never>;
        Returns: {
          quota: string;
          value: number;
        }[];
      };
      revoke_other_sessions: { Args: Record<PropertyKey, never>; Returns: number };
      revoke_session: { Args: { p_session_id: string }; Returns: undefined };
      set_user_active: {
        Args: { p_active: boolean; p_user_id: string };
        Returns: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'profiles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_plan: {
        Args: { p_plan: string; p_user_id: string };
        Returns: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'profiles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_role: {
        Args: { p_role: string; p_user_id: string };
        Returns: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'user_roles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      start_account_link: {
        Args: { p_provider: string };
        Returns: {
          code: string;
          expires_at: string;
        }[];
      };
      unlink_account: {
        Args: { p_linked_account_id: string };
        Returns: {
          created_at: string;
          external_id: string;
          id: string;
          metadata: NonNullable<Json>;
          provider: string;
          updated_at: string;
          user_id: string;
          verified_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'linked_accounts';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      use_recovery_code: { Args: { p_code: string }; Returns: Json };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
